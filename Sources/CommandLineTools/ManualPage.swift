package import JourneyModel

/// A page of the manual, in the language of `man` (man(7)), made of what the argument parser says about a command.
package enum ManualPage {
    /// The page of a command.
    ///
    /// - Parameters:
    ///   - command: a command of the tool info that `--experimental-dump-help` prints.
    ///   - section: of the manual: 1 for what users run, 8 for what administrators do.
    ///   - extra: sections of one's own, behind those that are made: a title and lines of this language each.
    package static func text(_ command: JSONValue, section: Int, version: String, extra: [(title: String, body: String)] = []) -> String {
        let words = ((command["superCommands"]?.elements ?? []).compactMap(\.text) + [command["commandName"]?.text ?? ""])
        let name = words.joined(separator: "-")
        let arguments = (command["arguments"]?.elements ?? []).filter { $0["shouldDisplay"] != .bool(false) }
        let verbs = (command["subcommands"]?.elements ?? []).filter {
            $0["shouldDisplay"] != .bool(false) && $0["commandName"]?.text != "help"
        }
        var page = ".TH \(name.uppercased()) \(section) \"\" \"journeyd \(version)\"\n"
        page += ".SH NAME\n\(escape(name)) \\- \(escape(command["abstract"]?.text ?? ""))\n"
        page += ".SH SYNOPSIS\n" + synopsis(words, arguments, hasVerbs: !verbs.isEmpty)
        if let discussion = command["discussion"]?.text { page += ".SH DESCRIPTION\n" + prose(discussion) }
        page += list("VERBS", verbs.map { (".B \(escape($0["commandName"]?.text ?? ""))", $0["abstract"]?.text ?? "") })
        page += list("ARGUMENTS", arguments.filter { $0["kind"]?.text == "positional" }.map(entry))
        page += list("OPTIONS", arguments.filter { $0["kind"]?.text != "positional" }.map(entry))
        for section in extra { page += ".SH \(section.title)\n\(section.body)\n" }
        return page
    }

    /// The options that take a value, what may be left out in brackets.
    private static func synopsis(_ words: [String], _ arguments: [JSONValue], hasVerbs: Bool) -> String {
        let items = arguments.map { argument in
            let text = label(argument)
            return argument["isOptional"] == .bool(true) ? "[\(text)]" : text
        }
        let repeating = zip(arguments, items).map { $0["isRepeating"] == .bool(true) ? "\($1) …" : $1 }
        let rest = repeating + (hasVerbs ? [#"\fIverb\fR …"#] : [])
        return ".B \(escape(words.joined(separator: " ")))\n\(rest.joined(separator: "\n"))\n"
    }

    private static func entry(_ argument: JSONValue) -> (term: String, text: String) {
        let values = (argument["allValues"]?.elements ?? []).compactMap(\.text)
        var text = argument["abstract"]?.text ?? ""
        if !values.isEmpty { text += " One of \(values.joined(separator: ", "))." }
        if let fallback = argument["defaultValue"]?.text { text += " The default is \(fallback)." }
        return (label(argument), text)
    }

    /// `--name value`, or the name of what stands alone.
    private static func label(_ argument: JSONValue) -> String {
        let value = #"\fI"# + escape(argument["valueName"]?.text ?? "value") + #"\fR"#
        guard argument["kind"]?.text != "positional" else { return value }
        let names = (argument["names"]?.elements ?? []).compactMap { name in
            name["name"]?.text.map { #"\fB"# + escape((name["kind"]?.text == "long" ? "--" : "-") + $0) + #"\fR"# }
        }
        let joined = names.joined(separator: ", ")
        return argument["kind"]?.text == "option" ? "\(joined) \(value)" : joined
    }

    private static func list(_ title: String, _ entries: [(term: String, text: String)]) -> String {
        guard !entries.isEmpty else { return "" }
        return ".SH \(title)\n" + entries.map { ".TP\n\($0.term)\n\(escape($0.text))\n" }.joined()
    }

    /// Paragraphs, and what is indented as it stands.
    private static func prose(_ text: String) -> String {
        var (page, isExample) = ("", false)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indented = line.hasPrefix("  ")
            if indented != isExample, !line.isEmpty {
                page += indented ? ".PP\n.nf\n.RS\n" : ".RE\n.fi\n.PP\n"
                isExample = indented
            }
            page += line.isEmpty ? (isExample ? "\n" : ".PP\n") : escape(indented ? String(line.dropFirst(2)) : String(line)) + "\n"
        }
        return page + (isExample ? ".RE\n.fi\n" : "")
    }

    /// What would be a command or an escape stands for itself.
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += #"\e"#
            case "-": escaped += #"\-"#
            case ".", "'": escaped += (escaped.isEmpty ? #"\&"# : "") + String(character)
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
