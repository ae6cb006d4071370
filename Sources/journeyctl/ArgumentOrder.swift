/// Lets the options that every verb has stand before the verb as well, where the parser does not look for them.
enum ArgumentOrder {
    private static let common = ["--socket", "--output"]

    /// Moves common options from before the verb to behind it: `--socket P status` becomes `status --socket P`. Without a verb there is
    /// nothing they could be for.
    static func verbFirst(_ arguments: [String]) -> [String] {
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            if common.contains(argument) {
                index += 2
            } else if common.contains(where: { argument.hasPrefix($0 + "=") }) {
                index += 1
            } else {
                break
            }
        }
        guard index < arguments.count else { return [] }
        // An option here is one of the command itself, such as --help, which needs no others.
        guard !arguments[index].hasPrefix("-") else { return Array(arguments[index...]) }
        return [arguments[index]] + arguments[..<index] + arguments[(index + 1)...]
    }
}
