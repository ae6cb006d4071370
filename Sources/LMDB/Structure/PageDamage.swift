/// A place in an LMDB file that is not as LMDB writes it.
package struct PageDamage: Error, Equatable, Sendable, CustomStringConvertible {
    /// The page; nil where the file as a whole is meant.
    package let page: UInt64?
    /// What is wrong there.
    package let reason: String

    package var description: String {
        page.map { "page \($0): \(reason)" } ?? reason
    }
}
