internal import JourneyModel

/// The path and the parameters of a request's target, decoded.
package struct RequestTarget: Sendable {
    /// The decoded segments of the path.
    package let path: [String]
    /// The parameters, in their order.
    package let parameters: [(name: String, value: String)]

    /// - Throws: `malformed-request` where a percent escape is not one.
    package init(_ target: String) throws(Problem) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path: [String] = []
        for segment in parts[0].split(separator: "/") { path.append(try RequestTarget.decode(segment)) }
        self.path = path
        var parameters: [(name: String, value: String)] = []
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            parameters.append((try RequestTarget.decode(sides[0]), sides.count > 1 ? try RequestTarget.decode(sides[1]) : ""))
        }
        self.parameters = parameters
    }

    /// The parameters by name.
    ///
    /// - Throws: `invalid-parameter` where one is not among `allowed` or is given twice.
    package func values(allowed: [String]) throws(Problem) -> [String: String] {
        var values: [String: String] = [:]
        for (name, value) in parameters {
            guard allowed.contains(name) else {
                let known = allowed.isEmpty ? "there are none here" : "known here: \(allowed.joined(separator: ", "))"
                throw RequestTarget.invalid(name, "is not a parameter of this call; \(known)")
            }
            guard values.updateValue(value, forKey: name) == nil else { throw RequestTarget.invalid(name, "is given twice") }
        }
        return values
    }

    package static func invalid(_ parameter: String, _ detail: String) -> Problem {
        Problem(
            .invalidParameter, "\(parameter) \(detail)",
            errors: [Violation(pointer: "/\(parameter)", detail: detail, code: "invalid-parameter")])
    }

    private static func decode(_ text: Substring) throws(Problem) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = Character(UnicodeScalar(bytes[index + 1])).hexDigitValue,
                let low = Character(UnicodeScalar(bytes[index + 2])).hexDigitValue
            else { throw Problem(.malformedRequest, "the target has a percent sign without two hexadecimal digits: \(text)") }
            decoded.append(UInt8(high << 4 | low))
            index += 3
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw Problem(.malformedRequest, "the target is not UTF-8 when its percent escapes are decoded")
        }
        return text
    }
}
