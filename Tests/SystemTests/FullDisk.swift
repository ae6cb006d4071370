import FoundationEssentials
import Glibc
import TestSupport

/// A small file system of its own, mounted on the directory of a daemon's data: ext4 on a loop device, or tmpfs where that cannot be.
final class FullDisk: Sendable {
    static let size = 64 << 20

    let scratch: Scratch
    /// What it is: `ext4` or `tmpfs`.
    let kind: String
    private var ballast: String { scratch.path + "/data/ballast" }

    /// Whether this process may mount; tried, as root in a container often may not.
    static let isPermitted: Bool = geteuid() == 0 && (try? FullDisk()) != nil

    init() throws {
        scratch = try Scratch()
        let (image, place) = (scratch.path + "/image", scratch.path + "/data")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let descriptor = unsafe open(image, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        ftruncate(descriptor, FullDisk.size)
        close(descriptor)
        if FullDisk.run("mkfs.ext4", ["-q", "-F", "-m", "0", image], scratch), FullDisk.run("mount", ["-o", "loop", image, place], scratch)
        {
            kind = "ext4"
        } else if FullDisk.run("mount", ["-t", "tmpfs", "-o", "size=\(FullDisk.size)", "tmpfs", place], scratch) {
            kind = "tmpfs"
        } else {
            throw Daemon.Failure(description: "nothing can be mounted")
        }
    }

    deinit {
        // A daemon that is still there at the end of a failed test keeps it mounted no longer than it lives.
        _ = unsafe umount2(scratch.path + "/data", Int32(MNT_DETACH))
    }

    /// Takes room away.
    func addBallast(bytes: Int) throws {
        let descriptor = unsafe open(ballast, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard posix_fallocate(descriptor, 0, bytes) == 0 else { throw Daemon.Failure(description: "no room for \(bytes) bytes of ballast") }
    }

    /// Gives the room back.
    func removeBallast() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }

    private static func run(_ name: String, _ arguments: [String], _ scratch: Scratch) -> Bool {
        let programs = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map { folder in "\(folder)/\(name)" }
        guard let program = programs.first(where: { unsafe access($0, X_OK) == 0 }),
            let process = try? Program.spawn(program, arguments, standardError: scratch.path + "/mount-errors")
        else { return false }
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        return status == 0
    }
}
