internal import FoundationEssentials
internal import Yams

/// The configuration file as a tree, to find what nobody would read: a misspelt key must not be passed over.
enum ConfigurationFile {
    private static let maximumSize = 1 << 20

    /// Compares the file's keys with those that are known.
    ///
    /// - Returns: whether it says anything.
    /// - Throws: where it cannot be read, is not YAML, or has keys that are not known: each with its line, and the key that is nearest.
    static func check(_ path: String, keys: [String]) throws(ConfigurationFaults) -> Bool {
        guard let bytes = FileManager.default.contents(atPath: path), bytes.count <= maximumSize else {
            throw ConfigurationFaults(faults: ["\(path) cannot be read, or is larger than \(maximumSize) bytes"])
        }
        let root: Node?
        do {
            root = try compose(yaml: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw ConfigurationFaults(faults: ["\(path) is not YAML: \(error)"])
        }
        guard let root, root.scalar?.string != "" else { return false }
        guard root.mapping != nil else { throw ConfigurationFaults(faults: ["\(path) is not a list of keys and values"]) }
        let faults = faults(root, prefix: "", path, keys)
        guard faults.isEmpty else { throw ConfigurationFaults(faults: faults) }
        return true
    }

    private static func faults(_ node: Node, prefix: String, _ path: String, _ keys: [String]) -> [String] {
        var found: [String] = []
        for (name, value) in node.mapping ?? [:] {
            let key = prefix + (name.string ?? "")
            let place = path + ", " + (name.mark.map { "line \($0.line): " } ?? "")
            if keys.contains(key) {
                // Its keys would not be found anywhere.
                if value.mapping != nil { found.append("\(place)'\(key)' has keys below it, and takes a value") }
            } else if keys.contains(where: { $0.hasPrefix(key + ".") }) {
                // Nothing at all, as where every line below is commented out, is no fault.
                if value.mapping != nil {
                    found += faults(value, prefix: key + ".", path, keys)
                } else if value.scalar?.string != "" {
                    found.append("\(place)'\(key)' has a value, and takes keys below it")
                }
            } else {
                let nearest = keys.min { distance($0, key) < distance($1, key) } ?? ""
                found.append("\(place)'\(key)' is not a key of the configuration; the nearest is '\(nearest)'")
            }
        }
        return found
    }

    /// How many letters to add, take away or change (Levenshtein 1966). O(length²).
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        var row = Array(0...right.count)
        for (place, letter) in left.enumerated() {
            var before = row[0]
            row[0] = place + 1
            for (other, candidate) in right.enumerated() {
                let change = before + (letter == candidate ? 0 : 1)
                before = row[other + 1]
                row[other + 1] = min(change, row[other] + 1, row[other + 1] + 1)
            }
        }
        return row[right.count]
    }
}
