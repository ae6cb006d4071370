internal import ControlInterface

/// One thing that can be set: what it is called, what it takes, and what it is when nobody says anything.
package struct Setting: Sendable {
    /// What a value must be.
    package enum Kind: Equatable, Sendable {
        /// A path that begins with `/` or is seen from the working directory.
        case path
        /// A group of the system: its name, or `gid:N`.
        case group
        /// A level of log lines.
        case level
        /// Yes or no.
        case flag
        /// A whole number.
        case integer(ClosedRange<Int>)
        /// A list of users and groups.
        case principals
        /// A list of texts.
        case list
    }

    /// The key in the file, with dots between its levels.
    package let key: String
    package let kind: Kind
    /// The value when nobody says anything; nil where there is none then.
    package let fallback: String?
    /// Whether SIGHUP puts a new value in force.
    package let isReloadable: Bool
    /// What it is, in a line.
    package let about: String

    init(_ key: String, _ kind: Kind, _ fallback: String?, isReloadable: Bool = false, _ about: String) {
        (self.key, self.kind, self.fallback, self.isReloadable, self.about) = (key, kind, fallback, isReloadable, about)
    }

    /// The variable of the environment.
    package var variable: String {
        var name = "JOURNEYD_"
        for letter in key {
            if letter == "." {
                name += "_"
            } else {
                name += letter.isUppercase ? "_\(letter)" : letter.uppercased()
            }
        }
        return name
    }
}
