extension Sequence<UInt8> {
    /// Two lowercase hexadecimal digits a byte.
    package var hexadecimal: String {
        reduce(into: "") { $0 += $1.hexadecimal }
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// Lowercase hexadecimal digits, as many as the type's width asks for.
    package var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: Self.bitWidth / 4 - digits.utf8.count) + digits
    }
}
