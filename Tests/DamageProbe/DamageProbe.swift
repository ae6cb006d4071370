import ControlInterface
import EventLog
import Glibc
import JourneyModel
import Views

/// Opens copies of a log that something was done to, asks what users ask, and compares the answers with those of the sound log.
///
///     DamageProbe SOUND        reads a directory a line, prints a line for each:
///     harmless                 every answer is that of the sound log
///     named REASON             an answer is refused or another one, and the program says what is damaged
///     wrong REASON             an answer is another one, and nothing says so
///
/// A program of its own, so that a crash is seen; one for many copies, as a start costs more than the answers.
@main struct DamageProbe {
    static func main() throws {
        let sound = try Answers(CommandLine.arguments[1])
        guard sound.named.isEmpty else { return print("wrong the sound log: \(sound.named)") }
        print("ready \(sound.tail)")
        fflush(nil)
        while let directory = readLine() {
            print(verdict(directory, sound).split(separator: "\n").joined(separator: " "))
            fflush(nil)
        }
    }

    private static func verdict(_ directory: String, _ sound: Answers) -> String {
        let answers: Answers
        do {
            answers = try Answers(directory, repeating: sound.events)
        } catch {
            let reason = "\(error)"
            return reason.isEmpty ? "wrong it does not open, and does not say why" : "named \(reason)"
        }
        let differences = answers.differences(from: sound)
        if let silent = differences.first(where: { !$0.isAllowed }) { return "wrong \(silent.text); named: \(answers.named)" }
        if let difference = differences.first, answers.named.isEmpty { return "wrong \(difference.text), and nothing is named" }
        return answers.named.first.map { "named \($0)" } ?? "harmless"
    }
}
