/// Bars of block characters, an eighth of a cell fine.
package enum Bar {
    /// A bar as long as `part` is of `whole`, where the whole is `width` cells.
    ///
    /// What is more than nothing is seen: its bar is at least an eighth of a cell long.
    package static func text(_ part: Int, of whole: Int, width: Int) -> String {
        guard part > 0, whole > 0, width > 0 else { return "" }
        let part = min(part, whole)
        let eighths = Int((Double(part) / Double(whole) * Double(8 * width)).rounded())
        let shown = min(max(1, eighths), 8 * width)
        return String(repeating: "█", count: shown / 8) + partial[shown % 8]
    }

    private static let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
}
