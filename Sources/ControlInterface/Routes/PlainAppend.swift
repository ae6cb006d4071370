/// The head of an append as services send it thousands of times a second, recognised in the bytes that came.
///
/// It knows one request line and a few headers, and what it does not know is not for it to judge: a head with anything else in it, one that
/// is malformed or not whole is left to the HTTP parser, which says what is wrong with it.
package struct PlainAppend: Sendable {
    /// Bytes of the longest head that is recognised: what the smallest limit of headers that can be set allows.
    private static let maximumHead = 1024
    private static let maximumDigits = 9
    private static let requestLine = Array("POST /v1/events HTTP/1.1\r\n".utf8)
    private static let names = (
        type: Array("content-type".utf8), length: Array("content-length".utf8), request: Array("x-request-id".utf8),
        others: ["host", "user-agent", "accept", "accept-encoding"].map { Array($0.utf8) }
    )
    private static let single = Array("application/cloudevents+json".utf8)
    private static let array = Array("application/cloudevents-batch+json".utf8)

    /// One event or an array.
    package let format: EventFormat
    /// Bytes of the head.
    package let headCount: Int
    /// Bytes of the body behind it.
    package let bodyCount: Int
    /// What `X-Request-Id` says, as it was sent.
    package let requestID: String?

    /// - Parameter bytes: what came, from the first byte of a request on.
    /// - Returns: nil where it is not such a head as a whole.
    package init?(_ bytes: Span<UInt8>) {
        let bytes = bytes.extracting(first: PlainAppend.maximumHead)
        guard PlainAppend.begins(bytes, with: PlainAppend.requestLine, at: 0) else { return nil }
        var (at, format, length, request) = (PlainAppend.requestLine.count, EventFormat?.none, Int?.none, String?.none)
        while let field = Field(bytes, at) {
            at = field.end
            if field.isCalled(PlainAppend.names.length, bytes) {
                guard length == nil, let number = PlainAppend.number(bytes.extracting(field.value)) else { return nil }
                length = number
            } else if field.isCalled(PlainAppend.names.type, bytes) {
                guard format == nil, let known = PlainAppend.format(bytes.extracting(field.value)) else { return nil }
                format = known
            } else if field.isCalled(PlainAppend.names.request, bytes) {
                guard request == nil else { return nil }
                request = unsafe bytes.extracting(field.value).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
            } else {
                guard PlainAppend.names.others.contains(where: { field.isCalled($0, bytes) }) else { return nil }
            }
        }
        guard PlainAppend.begins(bytes, with: Field.lineEnd, at: at), let format, let length else { return nil }
        (self.format, requestID) = (format, request)
        (headCount, bodyCount) = (at + Field.lineEnd.count, length)
    }

    private static func begins(_ bytes: Span<UInt8>, with text: [UInt8], at start: Int) -> Bool {
        guard bytes.count - start >= text.count else { return false }
        for index in text.indices where bytes[start + index] != text[index] { return false }
        return true
    }

    private static func format(_ value: Span<UInt8>) -> EventFormat? {
        if value.count == single.count { return begins(value, with: single, at: 0) ? .single : nil }
        return value.count == array.count && begins(value, with: array, at: 0) ? .array : nil
    }

    private static func number(_ digits: Span<UInt8>) -> Int? {
        guard 1...maximumDigits ~= digits.count else { return nil }
        var number = 0
        for index in 0..<digits.count {
            guard 48...57 ~= digits[index] else { return nil }
            number = number * 10 + Int(digits[index] - 48)
        }
        return number
    }
}

/// A header: a name, a colon, at most one space, a value of visible characters that neither begins nor ends with a space, and the line's end.
private struct Field {
    static let lineEnd = Array("\r\n".utf8)

    let name: Range<Int>
    let value: Range<Int>
    /// Where the next line begins.
    let end: Int

    /// - Returns: nil where no such header is at `start` as a whole.
    init?(_ bytes: Span<UInt8>, _ start: Int) {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: ":") {
            guard 0x21...0x7E ~= bytes[index] else { return nil }
            index += 1
        }
        name = start..<index
        index += 1
        if index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
        let valueStart = index
        while index < bytes.count, 0x20...0x7E ~= bytes[index] { index += 1 }
        guard valueStart < index, bytes[valueStart] != UInt8(ascii: " "), bytes[index - 1] != UInt8(ascii: " "), index + 1 < bytes.count,
            bytes[index] == UInt8(ascii: "\r"), bytes[index + 1] == UInt8(ascii: "\n")
        else { return nil }
        value = valueStart..<index
        end = index + 2
    }

    /// Whether it has this name, which is written in small letters.
    func isCalled(_ other: [UInt8], _ bytes: Span<UInt8>) -> Bool {
        guard name.count == other.count else { return false }
        for (index, letter) in other.enumerated() {
            let byte = bytes[name.lowerBound + index]
            let isCapital = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            guard (isCapital ? byte | 0x20 : byte) == letter else { return false }
        }
        return true
    }
}
