internal import JourneyModel

/// Personal data in the log: sealed when it is stored, opened when it is given out, and erased with its key.
extension EventLog {
    /// What new events are sealed with; nil where encryption is switched off.
    var sealingKeys: KeyRing? { options.encrypts ? keys : nil }

    /// What was erased so far.
    package var erasures: [Erasure] { keys?.erasures ?? [] }

    /// What stands for a subject in records, and so in all that is derived from them: its name, or a pseudonym where the name tells who
    /// a person is.
    package func storedName(_ subject: String) -> String {
        let name = Array(subject.utf8)
        guard let keys = sealingKeys, Subject.isPersonal(name.span) else { return subject }
        return String(decoding: keys.pseudonym(subject: name.span), as: UTF8.self)
    }

    /// What stands in records for a text of `data` where it is personal; nil where nothing is encrypted.
    package func standIn(_ text: String) -> String? {
        guard let keys = sealingKeys else { return nil }
        let value = Array(text.utf8)
        let pseudonym = Subject.fault(value.span) == nil ? keys.pseudonym(subject: value.span) : keys.pseudonym(value: value.span)
        return String(decoding: pseudonym.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }

    /// The texts of a sealed record as they were sent; nil where they were erased.
    ///
    /// - Throws: ``LogError/damaged(position:reason:)`` where the keys are not there.
    func opened(_ record: EventRecord, _ bytes: Span<UInt8>) throws(LogError) -> SealedText.Texts? {
        guard let keys else {
            throw .damaged(position: record.position, reason: keysFault ?? "personal data of it is encrypted, and there are no keys")
        }
        let stored = SealedText.Texts(
            subject: bytes.extracting(record.subject).bytes(), account: bytes.extracting(record.account).bytes(),
            data: bytes.extracting(record.storedData).bytes())
        guard let point = EventLog.point(record, stored.subject, keys) else { return nil }
        return SealedText.open(stored, sealed: bytes.extracting(record.sealed), point: point, position: record.position, keys)
    }

    private static func point(_ record: EventRecord, _ subject: [UInt8], _ keys: KeyRing) -> UInt64? {
        record.subjectIsPseudonym ? KeyRing.point(pseudonym: subject.span) : keys.point(subject.span)
    }

    /// What is wrong with a key file, if anything: it cannot be read, others may read it, or it holds no key.
    package static func fault(ofKeyFile path: String) -> String? {
        do throws(LogError) {
            _ = try MasterKey.read(path)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The keys of a log: those in `DIR/keys`, or new ones where the log never had any.
    ///
    /// - Parameter fault: set where there should be keys and are none that can be used; what is stored stays readable but for what is
    ///   personal, and nothing is added.
    static func openKeys(_ directory: DataDirectory, _ log: LogID, hadKeys: Bool, _ options: Options, _ fault: inout String?) -> KeyRing? {
        let path = directory.path + "/keys"
        let keyFile = options.keyFile ?? directory.path + "/key"
        do throws(LogError) {
            let isNew = !hadKeys && Epoch.size(path) == nil
            guard !isNew || options.encrypts else { return nil }
            // A key that somebody else made is used; only the place that is ours by default is filled.
            if isNew, options.keyFile == nil, Epoch.size(keyFile) == nil { try MasterKey.create(keyFile) }
            let masterKey = try MasterKey.read(keyFile)
            if let store = try KeyStore(path: path, log: log, masterKey: masterKey) {
                return KeyRing(store, path: path, log: log, masterKey: masterKey)
            }
            guard isNew else { throw .unusable("\(path) is missing, without which personal data cannot be read: restore it from a backup") }
            let store = KeyStore()
            try store.write(to: path, log: log, masterKey: masterKey)
            return KeyRing(store, path: path, log: log, masterKey: masterKey)
        } catch {
            fault = "\(error)"
            return nil
        }
    }
}
