internal import Glibc

/// Emphasis in text for people: only where it goes to a terminal, and not where NO_COLOR asks for none (https://no-color.org).
enum Style {
    private static let isOn: Bool = {
        guard isatty(STDOUT_FILENO) == 1 else { return false }
        // Set and not empty counts.
        guard let unwanted = unsafe getenv("NO_COLOR") else { return true }
        return unsafe unwanted.pointee == 0
    }()

    static func strong(_ text: String) -> String { wrap(text, "1") }

    static func faint(_ text: String) -> String { wrap(text, "2") }

    private static func wrap(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
