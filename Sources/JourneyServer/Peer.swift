internal import CLinux
internal import ControlInterface
internal import Glibc
internal import NIOCore

/// The process at the other end of a connection, as the kernel knew it when it connected.
struct Peer: Sendable {
    // More than any user of a sensible system has; what is beyond is not counted.
    private static let maximumGroups: Int32 = 1024

    let process: Int32
    let caller: Caller

    /// The uid.
    var user: UInt32 { caller.user }

    /// Asks the kernel.
    ///
    /// - Returns: nil where it does not know: the connection must then be refused.
    init?(_ channel: any Channel) {
        let found = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            descriptor -> Peer? in
            // NIO accepts without close-on-exec.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            var peer = clinux_peer()
            guard unsafe clinux_peer_credentials(descriptor, &peer) else { return nil }
            return Peer(process: peer.pid, caller: Caller(user: peer.uid, groups: [peer.gid] + Peer.otherGroups(descriptor)))
        }
        guard let peer = found ?? nil else { return nil }
        self = peer
    }

    private init(process: Int32, caller: Caller) {
        (self.process, self.caller) = (process, caller)
    }

    /// The supplementary groups; none where the kernel does not tell, so that nobody gets more than he has.
    private static func otherGroups(_ descriptor: Int32) -> [UInt32] {
        var groups = [gid_t](repeating: 0, count: Int(maximumGroups))
        let count = unsafe clinux_peer_groups(descriptor, &groups, maximumGroups)
        return count > 0 ? Array(groups.prefix(Int(count))) : []
    }
}
