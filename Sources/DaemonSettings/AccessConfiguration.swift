internal import ControlInterface
internal import Glibc

/// Reads who may do what from the configuration.
///
/// An entry is `NAME` (a group), `user:NAME`, `gid:N` or `uid:N`; for emitting, `=` and types may follow, such as
/// `ads=marketing.* ops.identity.linked`.
enum AccessConfiguration {
    /// Why an entry cannot be used.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The policy that the grants make, with root and this process's own user trusted.
    static func policy(_ grants: [AccessPolicy.Grant]) -> AccessPolicy {
        AccessPolicy(grants, trusted: [0, geteuid()])
    }

    /// What an entry grants.
    static func grant(_ permission: Permission, _ entry: String) throws(Failure) -> AccessPolicy.Grant {
        let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
        let name = parts.first.map { trimmed($0) } ?? ""
        guard !name.isEmpty else { throw Failure(description: "an entry is empty") }
        var types: [String]?
        if parts.count > 1 {
            guard permission == .emit else { throw Failure(description: "'\(entry)' limits types, which only emit can") }
            types = parts[1].split(separator: " ").map(String.init)
        }
        return AccessPolicy.Grant(permission, to: try principal(name), types: types)
    }

    /// The gid of a group, by its name or as `gid:N`.
    static func group(_ name: String) throws(Failure) -> UInt32 {
        guard case .group(let group) = try principal(name) else { throw Failure(description: "'\(name)' is a user, not a group") }
        return group
    }

    private static func principal(_ name: String) throws(Failure) -> AccessPolicy.Principal {
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            guard let entry = unsafe getgrnam(name) else { throw Failure(description: "there is no group '\(name)' on this system") }
            return .group(unsafe entry.pointee.gr_gid)
        }
        switch (parts[0], UInt32(parts[1])) {
        case ("uid", let number?): return .user(number)
        case ("gid", let number?): return .group(number)
        case ("user", _):
            guard let entry = unsafe getpwnam(parts[1]) else { throw Failure(description: "there is no user '\(parts[1])' on this system") }
            return .user(unsafe entry.pointee.pw_uid)
        default: throw Failure(description: "'\(name)' is not a group's name, user:NAME, gid:N or uid:N")
        }
    }

    private static func trimmed(_ text: String) -> String {
        text.split(separator: " ").joined(separator: " ")
    }
}
