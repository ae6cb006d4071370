import FoundationEssentials
import Glibc
import TestSupport

/// A machine that stands still where a test wants it to: the library of `Tests/Stall`.
struct StalledMachine {
    private static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "Stall/stall.c"
    ).path

    /// While this file exists, no flush returns.
    let flush: String
    /// While this file exists, the log's writer does not begin.
    let writer: String
    private let library: String

    init(_ scratch: Scratch) throws {
        (flush, writer, library) = (scratch.path + "/stall-flush", scratch.path + "/stall-writer", scratch.path + "/stall.so")
        try Compiler.compile(["-shared", "-fPIC", "-o", library, StalledMachine.source, "-ldl"], scratch)
    }

    /// The variables of a program that runs on such a machine.
    var environment: [String: String] { ["LD_PRELOAD": library, "STALL_FLUSH": flush, "STALL_THREAD": writer] }

    func stop(_ place: String) throws {
        try "".write(toFile: place, atomically: false, encoding: .utf8)
    }

    func goOn(_ place: String) throws {
        try FileManager.default.removeItem(atPath: place)
    }
}

/// The C compiler that the Swift toolchain brings, or the system's.
enum Compiler {
    static func compile(_ arguments: [String], _ scratch: Scratch) throws {
        let flags = ["-std=c17", "-O2", "-Wall", "-Wextra", "-Werror"] + arguments
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        let candidates = ["clang", "cc", "gcc"].flatMap { name in folders.map { "\($0)/\(name)" } }
        guard let compiler = candidates.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw Daemon.Failure(description: "neither clang, cc nor gcc is in PATH")
        }
        let log = scratch.path + "/compiler"
        let process = try Program.spawn(compiler, flags, standardError: log)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        guard status == 0 else {
            throw Daemon.Failure(description: "\(compiler) \(flags): \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
        }
    }
}
