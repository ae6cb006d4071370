/// Spans of time as people say them: `14 d`, `2 h 10 min`, `-2 d`.
package enum DurationText {
    /// The span in one or two units, rounded to the smaller; days alone from ten on.
    package static func text(seconds: Double) -> String {
        // Beyond this, Int64 would trap; it is three hundred million years.
        guard seconds.isFinite, abs(seconds) < 1e16 else { return "–" }
        let magnitude = text(wholeSeconds: Int64(abs(seconds).rounded()))
        return seconds <= -0.5 ? "-" + magnitude : magnitude
    }

    private static func text(wholeSeconds seconds: Int64) -> String {
        let minutes = rounded(seconds, to: 60)
        let hours = rounded(seconds, to: 3600)
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return pair(seconds / 60, "min", seconds % 60, "s") }
        if minutes < 24 * 60 { return pair(minutes / 60, "h", minutes % 60, "min") }
        if hours < 10 * 24 { return pair(hours / 24, "d", hours % 24, "h") }
        return "\(rounded(seconds, to: 86_400)) d"
    }

    private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
    }

    private static func rounded(_ seconds: Int64, to unit: Int64) -> Int64 {
        (seconds + unit / 2) / unit
    }
}
