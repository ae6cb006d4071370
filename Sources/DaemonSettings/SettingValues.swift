internal import Configuration
internal import SystemPackage

/// What is wrong with a configuration: every fault that was found, each with where it is.
package struct ConfigurationFaults: Error, CustomStringConvertible {
    package let faults: [String]

    package var description: String { faults.joined(separator: "\n") }
}

/// The value of a setting, and where it comes from.
package struct SettingValue: Equatable, Sendable {
    /// Who said it.
    package enum Origin: Equatable, Sendable {
        case flag
        case environment
        case file(String)
        /// Nobody.
        case fallback
    }

    package let origin: Origin
    /// One word, or the entries of a list; none where there is no value.
    package let words: [String]

    package init(origin: Origin, words: [String]) {
        (self.origin, self.words) = (origin, words)
    }

    /// The origin as people call it.
    package func origin(of setting: Setting) -> String {
        switch origin {
        case .flag: "flag --\(setting.key)"
        case .environment: "environment \(setting.variable)"
        case .file(let path): "file \(path)"
        case .fallback: "default"
        }
    }
}

/// What flags, environment and file say, in this order of precedence, before anybody has looked at what the words mean.
package struct SettingValues: Sendable {
    private var values: [String: SettingValue] = [:]
    /// Variables of the environment that look like settings and are none: said, not refused, as other programs may have their own.
    package private(set) var unknownVariables: [String] = []

    /// Reads all there is.
    ///
    /// - Parameters:
    ///   - file: the path of a YAML file; nil for none.
    ///   - flags: what the command line says, by key.
    ///   - environment: the variables.
    /// - Throws: all that keeps the file from being read, and every key of it that is not known.
    package init(file: String?, flags: [String: String], environment: [String: String]) async throws(ConfigurationFaults) {
        var layers = SettingValues.layers(flags, environment)
        if let file, let provider = try await SettingValues.provider(file) { layers.append((.file(file), provider)) }
        var faults: [String] = []
        for setting in Setting.all {
            values[setting.key] = SettingValue(origin: .fallback, words: setting.fallback.map { $0.isEmpty ? [] : [$0] } ?? [])
            for (origin, provider) in layers {
                do {
                    guard let words = try SettingValues.words(of: setting, provider) else { continue }
                    values[setting.key] = SettingValue(origin: origin, words: words)
                } catch {
                    let value = SettingValue(origin: origin, words: [])
                    faults.append("\(setting.key) (\(value.origin(of: setting))) is not \(setting.form)")
                }
                break
            }
        }
        guard faults.isEmpty else { throw ConfigurationFaults(faults: faults) }
        let known = Set(Setting.all.map(\.variable))
        unknownVariables = environment.keys.filter { $0.hasPrefix("JOURNEYD_") && !known.contains($0) }.sorted()
    }

    /// The value of a setting.
    package subscript(setting: Setting) -> SettingValue {
        values[setting.key] ?? SettingValue(origin: .fallback, words: [])
    }

    private static func layers(
        _ flags: [String: String], _ environment: [String: String]
    ) -> [(origin: SettingValue.Origin, provider: any ConfigProvider)] {
        let given = flags.map { (AbsoluteConfigKey(stringLiteral: $0.key), ConfigValue(.string($0.value), isSecret: false)) }
        return [
            (.flag, InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: given))),
            (
                .environment,
                KeyMappingProvider(upstream: EnvironmentVariablesProvider(environmentVariables: environment)) { $0.prepending("journeyd") }
            ),
        ]
    }

    /// The file, checked; nil where it says nothing.
    private static func provider(_ file: String) async throws(ConfigurationFaults) -> (any ConfigProvider)? {
        do {
            guard try ConfigurationFile.check(file, keys: Setting.all.map(\.key)) else { return nil }
            return try await FileProvider<YAMLSnapshot>(filePath: FilePath(file))
        } catch let faults as ConfigurationFaults {
            throw faults
        } catch {
            throw ConfigurationFaults(faults: ["\(file) cannot be used: \(error)"])
        }
    }

    private static func words(of setting: Setting, _ provider: any ConfigProvider) throws -> [String]? {
        let key = AbsoluteConfigKey(stringLiteral: setting.key)
        if setting.kind == .principals || setting.kind == .list {
            guard case .stringArray(let words) = try provider.value(forKey: key, type: .stringArray).value?.content else { return nil }
            return words
        }
        guard case .string(let word) = try provider.value(forKey: key, type: .string).value?.content else { return nil }
        return [word]
    }
}

extension Setting {
    /// What a value of it must be, for people.
    var form: String {
        switch kind {
        case .path: "a path"
        case .group: "the name of a group, or gid:N"
        case .level: "one of \(LogLevelName.all.joined(separator: ", "))"
        case .flag: "true or false"
        case .integer(let range) where range.upperBound == Int.max: "a whole number of \(range.lowerBound) or more"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .principals: "a list of groups and users"
        case .list: "a list of texts"
        }
    }
}
