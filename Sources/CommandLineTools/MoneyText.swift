/// Amounts of money as people read them: `12,345.60 EUR`.
package enum MoneyText {
    /// The amount, given in minor units, with as many decimals as the currency has.
    package static func text(minor: Int64, currency: String) -> String {
        let decimals = decimals(of: currency)
        var digits = String(minor.magnitude)
        digits = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let whole = grouped(digits.dropLast(decimals))
        let fraction = decimals == 0 ? "" : "." + digits.suffix(decimals)
        return (minor < 0 ? "-" : "") + whole + fraction + " " + currency
    }

    /// The exponent of ISO 4217: how many decimals an amount in `currency` has.
    package static func decimals(of currency: String) -> Int {
        switch currency {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF": 0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
        case "CLF", "UYW": 4
        default: 2
        }
    }

    private static func grouped(_ digits: Substring) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }
}
