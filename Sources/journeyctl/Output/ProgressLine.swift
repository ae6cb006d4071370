internal import CommandLineTools
internal import Glibc

/// A line on the standard error that tells how far something long has come; nothing where that is not a terminal.
struct ProgressLine {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private var painted: ContinuousClock.Instant?
    private static let pause = Duration.milliseconds(100)
    private static let barWidth = 24
    private static let erase = "\r\u{1B}[K"

    /// Paints the line again, if the last time is long enough ago.
    ///
    /// - Parameter part: how much of the whole is done, from 0 to 1; nil where the whole is not known.
    mutating func show(events: Int, part: Double?) {
        show(part: part) { seconds in "\(events.grouped) events, \(Int(Double(events) / seconds).grouped) a second" }
    }

    /// The same for bytes of a total; nil where the total is not known.
    mutating func show(bytes: Int, of total: Int?) {
        let part = total.map { min(1, Double(bytes) / Double(max(1, $0))) }
        let whole = total.map { " of \(ByteCount.text($0))" } ?? ""
        show(part: part) { seconds in "\(ByteCount.text(bytes))\(whole), \(ByteCount.text(Int(Double(bytes) / seconds))) a second" }
    }

    private mutating func show(part: Double?, _ what: (_ seconds: Double) -> String) {
        let now = ContinuousClock.now
        guard isShown, painted.map({ now - $0 > ProgressLine.pause }) ?? true else { return }
        painted = now
        let elapsed = (now - start) / .seconds(1)
        var text = what(max(elapsed, 0.001))
        if let part, part > 0 {
            let bar = Bar.text(Int(part * 1000), of: 1000, width: ProgressLine.barWidth)
            let space = String(repeating: " ", count: ProgressLine.barWidth - bar.count)
            text = "│\(bar)\(space)│ \(Int(part * 100)) %  \(text)"
            // The first moments say too little about the rest.
            if elapsed > 1 { text += ", \(DurationText.text(seconds: elapsed * (1 - part) / part)) left" }
        }
        StandardOutput.complain(ProgressLine.erase + text)
    }

    /// Takes the line away.
    mutating func end() {
        if painted != nil { StandardOutput.complain(ProgressLine.erase) }
        painted = nil
    }
}
