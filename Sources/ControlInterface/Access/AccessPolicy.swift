/// Who is at the other end of a connection, as the kernel knew it when the connection was made.
package struct Caller: Equatable, Sendable {
    /// The uid.
    package let user: UInt32
    /// The gids, the primary one and the others.
    package let groups: [UInt32]

    package init(user: UInt32, groups: [UInt32]) {
        (self.user, self.groups) = (user, groups)
    }
}

/// Who may do what: users and groups by permission, and for emitting by types. Whoever is not named may do nothing.
///
/// Root and the daemon's own user may do everything.
package struct AccessPolicy: Sendable {
    /// A user or a group.
    package enum Principal: Equatable, Sendable {
        case user(UInt32)
        case group(UInt32)
    }

    /// A permission that somebody has.
    package struct Grant: Equatable, Sendable {
        let principal: Principal
        let permission: Permission
        /// For emitting: the types, or their beginnings where they end in `.*`; nil for all.
        let types: [String]?

        package init(_ permission: Permission, to principal: Principal, types: [String]? = nil) {
            (self.principal, self.permission, self.types) = (principal, permission, types)
        }
    }

    private let grants: [Grant]
    private let trusted: Set<UInt32>

    /// - Parameter trusted: uids that may do everything.
    package init(_ grants: [Grant] = [], trusted: Set<UInt32>) {
        (self.grants, self.trusted) = (grants, trusted)
    }

    /// Compares what a call needs with what the caller has.
    ///
    /// - Throws: `forbidden`, saying what is missing.
    package func check(_ caller: Caller, _ endpoint: Endpoint) throws(Problem) {
        guard !trusted.contains(caller.user) else { return }
        let held = grants(of: caller)
        guard let needed = endpoint.permission else {
            guard held.isEmpty else { return }
            throw Problem(.forbidden, "user \(caller.user) may not use this daemon: access in its configuration says who may")
        }
        guard !held.contains(where: { $0.permission == needed }) else { return }
        throw Problem(
            .forbidden, "user \(caller.user) may not \(needed.rawValue): access: \(needed.rawValue) in the configuration says who may")
    }

    /// Which types the caller may emit.
    package func emission(_ caller: Caller) -> EmissionLimit {
        guard !trusted.contains(caller.user) else { return EmissionLimit(user: caller.user, patterns: nil) }
        var patterns: [String] = []
        for grant in grants(of: caller) where grant.permission == .emit {
            guard let types = grant.types else { return EmissionLimit(user: caller.user, patterns: nil) }
            patterns += types
        }
        return EmissionLimit(user: caller.user, patterns: patterns)
    }

    private func grants(of caller: Caller) -> [Grant] {
        grants.filter { grant in
            switch grant.principal {
            case .user(let user): user == caller.user
            case .group(let group): caller.groups.contains(group)
            }
        }
    }
}
