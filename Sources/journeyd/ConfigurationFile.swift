internal import FoundationEssentials
internal import Yams

/// The configuration file as a tree, to find what nobody would read: a misspelt key must not be passed over.
enum ConfigurationFile {
    /// Why the file cannot be used.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let maximumSize = 1 << 20

    /// Compares the file's keys with those that are known.
    ///
    /// - Throws: where it cannot be read, is not YAML, or has a key that is not known: with its line, and the key that is nearest.
    static func check(_ path: String, keys: [String]) throws(Failure) {
        guard let bytes = FileManager.default.contents(atPath: path), bytes.count <= maximumSize else {
            throw Failure(description: "\(path) cannot be read, or is larger than \(maximumSize) bytes")
        }
        let root: Node?
        do {
            root = try compose(yaml: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw Failure(description: "\(path) is not YAML: \(error)")
        }
        guard let root, root.scalar?.string != "" else { return }
        guard root.mapping != nil else { throw Failure(description: "\(path) is not a list of keys and values") }
        try check(root, prefix: "", path, keys)
    }

    private static func check(_ node: Node, prefix: String, _ path: String, _ keys: [String]) throws(Failure) {
        for (name, value) in node.mapping ?? [:] {
            let key = prefix + (name.string ?? "")
            if keys.contains(key) { continue }
            if value.mapping != nil, keys.contains(where: { $0.hasPrefix(key + ".") }) {
                try check(value, prefix: key + ".", path, keys)
                continue
            }
            let line = name.mark.map { "line \($0.line): " } ?? ""
            let nearest = keys.min { distance($0, key) < distance($1, key) } ?? ""
            throw Failure(description: "\(path), \(line)'\(key)' is not a key of the configuration; the nearest is '\(nearest)'")
        }
    }

    /// How many letters to add, take away or change (Levenshtein 1966). O(length²).
    private static func distance(_ left: String, _ right: String) -> Int {
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
