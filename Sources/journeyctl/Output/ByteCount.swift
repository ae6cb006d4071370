/// Numbers of bytes for people, in powers of 1,024.
enum ByteCount {
    private static let units = ["B", "KiB", "MiB", "GiB", "TiB"]

    /// Three or four digits and a unit.
    static func text(_ count: Int) -> String {
        var (value, unit) = (Double(count), 0)
        while value >= 1024, unit + 1 < units.count { (value, unit) = (value / 1024, unit + 1) }
        let tenths = Int((value * 10).rounded())
        return unit == 0 || value >= 100 ? "\(Int(value.rounded())) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// Reads a number with an optional unit: 500000, 20G, 1.5TiB; nil for anything else.
    static func read(_ text: String) -> Int? {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(digits.count).uppercased()
        guard let value = Double(digits),
            let exponent = units.firstIndex(where: { ["", "B"].contains(unit) && $0 == "B" || matches(unit, $0) })
        else { return nil }
        let bytes = (0..<exponent).reduce(value) { value, _ in value * 1024 }
        return bytes < Double(Int.max) ? Int(bytes) : nil
    }

    private static func matches(_ unit: String, _ name: String) -> Bool {
        name != "B" && [String(name.prefix(1)), name.uppercased()].contains(unit)
    }
}
