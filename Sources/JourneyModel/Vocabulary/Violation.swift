/// A fault in an event: where (a JSON pointer, RFC 6901), what, and the code that a rejected line carries.
package struct Violation: Error, Equatable, Sendable {
    package let pointer: String
    package let detail: String
    package var code = "invalid-event"

    package init(pointer: String, detail: String, code: String = "invalid-event") {
        self.pointer = pointer
        self.detail = detail
        self.code = code
    }
}
