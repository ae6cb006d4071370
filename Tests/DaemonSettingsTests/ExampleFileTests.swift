import DaemonSettings
import FoundationEssentials
import TestSupport
import Testing

/// The file that is installed in /etc/journeyd: sound as it is, and with every key and its default in its comments.
@Suite struct ExampleFileTests {
    private static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "systemd/journeyd.yaml").path

    @Test func asItIsItChangesNothing() async throws {
        let configuration = try await DaemonConfiguration(file: Self.path, flags: [:], environment: [:])
        for setting in Setting.all { #expect(configuration.values[setting].origin == .fallback, "\(setting.key)") }
    }

    @Test func itHasEveryKeyWithItsDefault() async throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        // What is set in it is commented out without a blank behind the number sign.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let body = line.drop { $0 == " " }
            guard body.first == "#", let letter = body.dropFirst().first, letter != " " else { return String(line) }
            return String(line.prefix { $0 == " " }) + String(body.dropFirst())
        }
        let scratch = try Scratch()
        let path = scratch.path + "/journeyd.yaml"
        try lines.joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
        let values = try await SettingValues(file: path, flags: [:], environment: [:])
        for setting in Setting.all {
            let value = values[setting]
            #expect(value.origin == .file(path), "\(setting.key) is not in \(Self.path)")
            guard let fallback = setting.fallback else { continue }
            #expect(value.words == (fallback.isEmpty ? [] : [fallback]), "\(setting.key): the file says another default")
        }
    }
}
