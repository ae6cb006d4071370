internal import ControlInterface
internal import JourneyServer
internal import Logging

/// Turns words into values, and collects what is wrong with them.
struct SettingReader {
    private let values: SettingValues
    private(set) var faults: [String] = []

    init(_ values: SettingValues) {
        self.values = values
    }

    /// A text; nil where there is none.
    mutating func text(_ setting: Setting) -> String? {
        guard let word = values[setting].words.first else { return nil }
        guard !word.isEmpty, !word.utf8.contains(0) else {
            refuse(setting, word)
            return nil
        }
        return word
    }

    mutating func integer(_ setting: Setting) -> Int {
        guard case .integer(let range) = setting.kind, let word = values[setting].words.first else { return 0 }
        guard let number = Int(word), range.contains(number) else {
            refuse(setting, word)
            return range.lowerBound
        }
        return number
    }

    mutating func flag(_ setting: Setting) -> Bool {
        let word = values[setting].words.first ?? ""
        switch word.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default:
            refuse(setting, word)
            return true
        }
    }

    mutating func level(_ setting: Setting) -> Logger.Level {
        let word = values[setting].words.first ?? ""
        guard let level = Logger.Level(rawValue: word) else {
            refuse(setting, word)
            return .info
        }
        return level
    }

    /// A gid; nil where no group is named.
    mutating func group(_ setting: Setting) -> UInt32? {
        guard let name = text(setting) else { return nil }
        do throws(AccessConfiguration.Failure) {
            return try AccessConfiguration.group(name)
        } catch {
            faults.append("\(place(setting)): \(error)")
            return nil
        }
    }

    /// The texts of a list.
    func list(_ setting: Setting) -> [String] {
        values[setting].words.filter { !$0.isEmpty }
    }

    mutating func access() -> AccessPolicy {
        var grants: [AccessPolicy.Grant] = []
        for (permission, setting) in [(Permission.emit, Setting.emit), (.ask, .ask), (.administer, .administer)] {
            for entry in values[setting].words {
                do throws(AccessConfiguration.Failure) {
                    grants.append(try AccessConfiguration.grant(permission, entry))
                } catch {
                    faults.append("\(place(setting)): \(error)")
                }
            }
        }
        return AccessConfiguration.policy(grants)
    }

    mutating func server() -> JourneyServer.Options {
        var options = JourneyServer.Options()
        options.connections = integer(.connections)
        options.connectionsOfUser = integer(.connectionsOfUser)
        options.headerBytes = integer(.headerBytes)
        options.headerSeconds = integer(.headerSeconds)
        options.idleSeconds = integer(.idleSeconds)
        options.viewSeconds = integer(.viewSeconds)
        options.heartbeatSeconds = integer(.heartbeatSeconds)
        options.graceSeconds = integer(.graceSeconds)
        options.slowAnswer = .seconds(integer(.slowSeconds))
        options.followerSeconds = integer(.followerSeconds)
        options.followerPageBytes = integer(.followerBytes)
        return options
    }

    private func place(_ setting: Setting) -> String {
        "\(setting.key) (\(values[setting].origin(of: setting)))"
    }

    private mutating func refuse(_ setting: Setting, _ word: String) {
        faults.append("\(place(setting)) is '\(word)', which is not \(setting.form)")
    }
}

/// The names of the levels of log lines.
enum LogLevelName {
    static let all = Logger.Level.allCases.map(\.rawValue)
}
