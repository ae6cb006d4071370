internal import CLinux
internal import Glibc
internal import NIOCore

/// The process at the other end of a connection, as the kernel knew it when it connected.
struct Peer: Sendable {
    let process: Int32
    let user: UInt32
    let group: UInt32

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
            return Peer(process: peer.pid, user: peer.uid, group: peer.gid)
        }
        guard let peer = found ?? nil else { return nil }
        self = peer
    }

    private init(process: Int32, user: UInt32, group: UInt32) {
        (self.process, self.user, self.group) = (process, user, group)
    }

    /// Whether this is root or the daemon's own user, who may do everything; others may do nothing.
    var isTrusted: Bool { user == 0 || user == geteuid() }
}
