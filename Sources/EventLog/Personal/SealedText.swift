internal import Crypto
internal import JourneyModel

/// What of an event says something about a person, sealed beside the rest, which has pseudonyms in its place.
///
/// Sealed with AES-256-GCM under the key of the event's subject. The nonce is the event's position (8 bytes, big-endian) and the salt; the
/// stored form is the salt (4 bytes), the ciphertext, the tag (16). The plaintext, little-endian:
///
///     u8   1 = the subject's name follows, 2 = the account's name follows
///          those names, each behind its u16 length
///     u32  how many values; each: u32 place in the stored data, u32 length there, u32 length of the original, the original
///
/// 25 bytes an event and 12 a value, beside the originals; about 3 µs an event.
struct SealedText {
    private static let saltSize = 4
    private static let tagSize = 16
    private static let subjectFlag: UInt8 = 1
    private static let accountFlag: UInt8 = 2

    /// The texts of an event: as it was sent, or as they are stored.
    struct Texts {
        var subject, account, data: [UInt8]
        /// The personal values of `data`, JSON each; none where it has stand-ins.
        var originals: [[UInt8]] = []
    }

    /// What is stored in the clear.
    let texts: Texts
    let hasSubject, hasAccount: Bool
    /// What is stored sealed.
    let sealed: [UInt8]

    /// Seals what is personal in `draft`.
    ///
    /// - Parameter salt: never used before with this position.
    init(_ draft: EventBatch.Draft, of batch: EventBatch, position: Position, salt: UInt32, _ keys: KeyRing) throws(LogError) {
        let bytes = batch.bytes.span
        let subject = bytes.extracting(draft.subject.range)
        var texts = Texts(subject: subject.bytes(), account: Array(batch.bytes[draft.account.range]), data: [])
        hasSubject = Subject.isPersonal(subject)
        hasAccount = Subject.isPersonal(bytes.extracting(draft.account.range))
        var plain = [(hasSubject ? SealedText.subjectFlag : 0) | (hasAccount ? SealedText.accountFlag : 0)]
        let point = keys.point(subject)
        if hasSubject {
            plain.append(name: texts.subject)
            texts.subject = keys.pseudonym(subject: subject)
        }
        if hasAccount {
            plain.append(name: texts.account)
            texts.account = keys.pseudonym(subject: bytes.extracting(draft.account.range))
        }
        let values = batch.personalValues(draft)
        plain.append(littleEndian: UInt32(values.count))
        var next = draft.data.range.lowerBound
        for value in values {
            texts.data += batch.bytes[next..<value.range.lowerBound]
            let original = bytes.extracting(value.range)
            let standIn = SealedText.standIn(original, keys)
            plain.append(littleEndian: UInt32(texts.data.count))
            plain.append(littleEndian: UInt32(standIn.count))
            plain.append(littleEndian: UInt32(original.count))
            plain += original.bytes()
            texts.data += standIn
            next = value.range.upperBound
        }
        texts.data += batch.bytes[next..<draft.data.range.upperBound]
        self.texts = texts
        var sealed: [UInt8] = []
        sealed.append(littleEndian: salt)
        do {
            let box = try AES.GCM.seal(plain, using: keys.key(point).key, nonce: SealedText.nonce(position, salt))
            sealed += box.ciphertext
            sealed += box.tag
        } catch {
            throw .unusable("personal data cannot be sealed: \(error)")
        }
        self.sealed = sealed
    }

    /// The JSON that is stored in place of a personal value: of the same kind, as far as that goes.
    private static func standIn(_ original: Span<UInt8>, _ keys: KeyRing) -> [UInt8] {
        switch original[0] {
        case UInt8(ascii: "{"): return Array("{}".utf8)
        case UInt8(ascii: "["): return Array("[]".utf8)
        case UInt8(ascii: "\""):
            var text: [UInt8] = []
            // It was checked when it came in.
            try? JSONText.decode(original, 1..<(original.count - 1), into: &text)
            guard Subject.fault(text.span) == nil else { return keys.pseudonym(value: text.span) }
            return [UInt8(ascii: "\"")] + keys.pseudonym(subject: text.span) + [UInt8(ascii: "\"")]
        default: return keys.pseudonym(value: original)
        }
    }

    /// The texts as they were sent.
    ///
    /// - Returns: nil where the key is gone: the event was erased.
    static func open(_ stored: Texts, sealed: Span<UInt8>, point: UInt64, position: Position, _ keys: KeyRing) -> Texts? {
        guard sealed.count >= saltSize + tagSize else { return nil }
        var reader = ByteReader(sealed.bytes())
        guard let salt = reader.number(UInt32.self), let ciphertext = reader.bytes(sealed.count - saltSize - tagSize),
            let tag = reader.bytes(tagSize),
            let box = try? AES.GCM.SealedBox(nonce: nonce(position, salt), ciphertext: ciphertext, tag: tag),
            let plain = try? AES.GCM.open(box, using: keys.key(point).key)
        else { return nil }
        return opened(stored, ByteReader(Array(plain)))
    }

    private static func opened(_ stored: Texts, _ plain: ByteReader) -> Texts? {
        var (plain, texts) = (plain, stored)
        guard let flags = plain.number(UInt8.self) else { return nil }
        if flags & subjectFlag != 0 {
            guard let name = plain.name() else { return nil }
            texts.subject = name
        }
        if flags & accountFlag != 0 {
            guard let name = plain.name() else { return nil }
            texts.account = name
        }
        guard let count = plain.number(UInt32.self) else { return nil }
        texts.data = []
        var next = 0
        for _ in 0..<count {
            guard let place = plain.number(UInt32.self), let length = plain.number(UInt32.self), let size = plain.number(UInt32.self),
                let original = plain.bytes(Int(size)), Int(place) >= next, Int(place) + Int(length) <= stored.data.count
            else { return nil }
            texts.data += stored.data[next..<Int(place)]
            texts.data += original
            texts.originals.append(original)
            next = Int(place) + Int(length)
        }
        texts.data += stored.data[next...]
        return texts
    }

    private static func nonce(_ position: Position, _ salt: UInt32) throws -> AES.GCM.Nonce {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: position.bigEndian)
        bytes.append(littleEndian: salt)
        return try AES.GCM.Nonce(data: bytes)
    }
}

extension [UInt8] {
    fileprivate mutating func append(name: [UInt8]) {
        append(littleEndian: UInt16(name.count))
        self += name
    }
}

extension ByteReader {
    fileprivate mutating func name() -> [UInt8]? {
        guard let count = number(UInt16.self) else { return nil }
        return bytes(Int(count))
    }
}
