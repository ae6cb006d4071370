import ControlInterface
import DaemonSettings
import EventLog
import FoundationEssentials
import JourneyModel
import JourneyServer
import TestSupport
import Testing

/// Where values come from, and what is said of those that cannot be.
@Suite struct SettingsTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func file(_ text: String) throws -> String {
        let path = scratch.path + "/journeyd.yaml"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    private func configuration(
        _ text: String, flags: [String: String] = [:], environment: [String: String] = [:]
    ) async throws -> DaemonConfiguration {
        try await DaemonConfiguration(file: try file(text), flags: flags, environment: environment)
    }

    private func faults(_ text: String, environment: [String: String] = [:]) async throws -> [String] {
        do {
            _ = try await configuration(text, environment: environment)
            return []
        } catch let faults as ConfigurationFaults {
            return faults.faults
        }
    }

    @Test func flagsComeBeforeTheEnvironmentBeforeTheFileBeforeTheDefaults() async throws {
        let configuration = try await configuration(
            "data: /file\nsocket: /file/s\nlog:\n  quota: 7\n", flags: ["data": "/flag"],
            environment: ["JOURNEYD_DATA": "/environment", "JOURNEYD_SOCKET": "/environment/s"])
        #expect(configuration.data == "/flag" && configuration.socket == "/environment/s")
        #expect(configuration.log.quota == 7 && configuration.log.epochAge == 30 * 86_400)
        let values = configuration.values
        #expect(values[.data].origin(of: .data) == "flag --data")
        #expect(values[.socket].origin(of: .socket) == "environment JOURNEYD_SOCKET")
        #expect(values[.quota].origin(of: .quota) == "file \(scratch.path)/journeyd.yaml")
        #expect(values[.epochAge].origin(of: .epochAge) == "default")
    }

    @Test func everySettingIsTakenFromTheEnvironmentAndTheFile() async throws {
        for setting in Setting.all {
            let value: String
            switch setting.kind {
            case .path: value = "/x"
            case .group: value = "gid:7"
            case .level: value = "debug"
            case .flag: value = "false"
            case .integer(let range): value = "\(range.upperBound)"
            case .principals: value = "gid:7"
            case .list: value = "/source"
            }
            let values = try await SettingValues(file: nil, flags: [:], environment: [setting.variable: value])
            #expect(values[setting] == SettingValue(origin: .environment, words: [value]), "\(setting.variable)")
            let word = setting.kind == .principals || setting.kind == .list ? "['\(value)']" : "'\(value)'"
            let parts = setting.key.split(separator: ".")
            let text = parts.count == 1 ? "\(parts[0]): \(word)\n" : "\(parts[0]):\n  \(parts[1]): \(word)\n"
            let path = try file(text)
            let read = try await DaemonConfiguration(file: path, flags: [:], environment: [:]).values
            #expect(read[setting] == SettingValue(origin: .file(path), words: [value]), "\(setting.key)")
        }
    }

    @Test func limitsReachTheModules() async throws {
        let text =
            "limits:\n  connections: 5\n  connectionsOfUser: 4\n  headerSeconds: 3\n  idleSeconds: 2\n  dataBytes: 2048\n  arrayEvents: 9\n"
        let configuration = try await configuration(text)
        #expect(configuration.server.connections == 5 && configuration.server.connectionsOfUser == 4)
        #expect(configuration.server.headerSeconds == 3 && configuration.server.idleSeconds == 2)
        #expect(configuration.limits.event.data == 2048 && configuration.limits.arrayEvents == 9)
    }

    @Test func allFaultsAreNamedAtOnce() async throws {
        let found = try await faults(
            "log:\n  level: loud\n  quota: -1\naccess:\n  ask: [no-such-group-here]\n  emit: ['']\nlimits:\n  connections: many\n")
        #expect(found.count == 5, "\(found)")
        for part in ["log.level", "log.quota", "no group 'no-such-group-here'", "an entry is empty", "whole number from 1 to 65536"] {
            #expect(found.contains { $0.contains(part) }, "\(part): \(found)")
        }
    }

    @Test func misspeltKeysAreNamedWithTheNearest() async throws {
        let found = try await faults("log:\n  qouta: 7\nlimit:\n  connections: 7\nacces: {}\n")
        #expect(found.count == 3, "\(found)")
        #expect(found.contains { $0.contains("line 2") && $0.contains("'log.qouta'") && $0.contains("'log.quota'") })
    }

    @Test func whatNobodyWouldReadIsAFault() async throws {
        #expect(try await faults("data:\n  path: /x\n").first?.contains("has keys below it") == true)
        #expect(try await faults("log: info\n").first?.contains("takes keys below it") == true)
        #expect(try await faults("access:\n  emit: crm\n").first?.contains("not a list") == true)
        #expect(try await faults("data: [a, b]\n").first?.contains("not a path") == true)
        #expect(try await faults("- data\n").first?.contains("not a list of keys") == true)
        #expect(try await faults("", environment: ["JOURNEYD_LOG_ENCRYPT": "maybe"]).first?.contains("JOURNEYD_LOG_ENCRYPT") == true)
        #expect(try await faults("# nothing\n").isEmpty)
    }

    @Test func variablesThatAreNoSettingsAreTold() async throws {
        let values = try await SettingValues(file: nil, flags: [:], environment: ["JOURNEYD_LOG_QOUTA": "7", "HOME": "/"])
        #expect(values.unknownVariables == ["JOURNEYD_LOG_QOUTA"])
    }

    @Test func aReloadTellsWhatItCannotChange() async throws {
        let old = try await configuration("log:\n  level: info\n  quota: 7\n").values
        let new = try await configuration("log:\n  level: debug\n  quota: 8\nlimits:\n  connections: 9\n").values
        let changes = ChangedSettings(from: old, to: new)
        #expect(changes.reloadable == ["log.level", "limits.connections"] && changes.waiting == ["log.quota"])
    }

    @Test func theCheckNamesWhatTheSystemLacks() async throws {
        let key = scratch.path + "/key"
        try String(repeating: "0f", count: 32).write(toFile: key, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        let open = try await configuration("data: \(scratch.path)/none/d\nsocket: \(scratch.path)/none/s\nlog:\n  keyFile: \(key)\n")
        let faults = open.systemFaults()
        #expect(faults.count == 3 && faults.contains { $0.contains("mode 0644") }, "\(faults)")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        let sound = try await configuration("data: \(scratch.path)/d\nsocket: \(scratch.path)/s\nlog:\n  keyFile: \(key)\n")
        #expect(sound.systemFaults().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/d"), "a check changes nothing")
    }
}
