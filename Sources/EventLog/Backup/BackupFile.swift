/// A file of a backup, named as in a data directory. There are no others: what an archive calls by another name is never written.
package enum BackupFile: Hashable, Sendable {
    /// Which log it is.
    case format
    /// The first epoch that retention left, where it took any.
    case retained
    /// The key store of personal fields. Sealed by the master key, which is never part of a backup.
    case keys
    /// What the epoch of this number says of itself, its records, and its seal.
    case about(Int), data(Int), seal(Int)

    /// Its path below the data directory.
    package var name: String {
        switch self {
        case .format: "format"
        case .retained: "log/retained"
        case .keys: "keys"
        case .about(let number): "log/\(EpochList.name(number))/about"
        case .data(let number): "log/\(EpochList.name(number))/data.mdb"
        case .seal(let number): "log/\(EpochList.name(number)).seal"
        }
    }

    /// Finds the file of this name; nil where there is none.
    package init?(_ name: String) {
        switch name {
        case "format": self = .format
        case "log/retained": self = .retained
        case "keys": self = .keys
        default:
            guard name.hasPrefix("log/"), let number = Int(name.dropFirst(4).prefix(8)), number > 0 else { return nil }
            let candidates: [BackupFile] = [.about(number), .data(number), .seal(number)]
            guard let file = candidates.first(where: { $0.name == name }) else { return nil }
            self = file
        }
    }

    /// The number of bytes beyond which it is not believed.
    var maximumSize: Int {
        switch self {
        case .format, .retained, .about, .seal: 64 << 10
        case .keys: 1 << 30
        case .data: 1 << 42
        }
    }
}
