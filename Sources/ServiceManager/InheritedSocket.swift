internal import Glibc

/// The listening socket that a service manager has opened and hands over (sd_listen_fds(3)).
package enum InheritedSocket {
    /// Why what was handed over cannot be used.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let firstDescriptor: Int32 = 3

    /// Takes the descriptor that the environment tells of.
    ///
    /// - Parameters:
    ///   - names: what it may be called; one without a name will do where it is the only one.
    ///   - process: the pid that it must be meant for.
    /// - Returns: the descriptor; nil where none was handed over to this process.
    /// - Throws: where there are others than that one: a daemon that left them alone would leave their clients waiting for ever.
    package static func take(_ environment: [String: String], names: [String], process: Int32 = getpid()) throws(Failure) -> Int32? {
        guard let count = environment["LISTEN_FDS"], environment["LISTEN_PID"] == "\(process)" else { return nil }
        guard let count = Int32(count), count > 0, count < 1024 else {
            throw Failure(description: "LISTEN_FDS is '\(count)', which is not a number of descriptors")
        }
        let given = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false).map(String.init) ?? []
        let known = (0..<Int(count)).filter { given.indices.contains($0) && names.contains(given[$0]) }
        guard count == 1, given.isEmpty || given == ["unknown"] || known == [0] else {
            let listed = given.isEmpty ? "without names" : given.joined(separator: ", ")
            throw Failure(
                description: "the service manager hands over \(count) descriptors, \(listed); one is expected, called \(names[0])")
        }
        return firstDescriptor
    }
}
