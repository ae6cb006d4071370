import Foundation

/// Writes a Swift file that holds the text of each schema: `EmbedSchemas OUTPUT ROOT FILE…`.
@main
struct EmbedSchemas {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            throw CocoaError(.fileReadInvalidFileName)
        }
        let root = arguments[2] + "/"
        var swift = """
            /// The JSON files of `schemas/`, by their path below it, as they were when the program was built.
            enum EmbeddedSchemas {
                static let files: [(path: String, text: String)] = [

            """
        for file in arguments.dropFirst(3) {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            swift += "        (\"\(file.dropFirst(root.count))\", ###\"\"\"\n\(text)\n\"\"\"###),\n"
        }
        swift += "    ]\n}\n"
        try swift.write(toFile: arguments[1], atomically: true, encoding: .utf8)
    }
}
