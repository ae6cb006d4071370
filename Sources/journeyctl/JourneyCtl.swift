internal import ArgumentParser
internal import JourneyModel
internal import Glibc

/// The command and its verbs.
@main
struct JourneyCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journeyctl",
        abstract: "Talk to journeyd: append events, ask what became of them, and see where work waits.",
        usage: "journeyctl [--socket PATH] [--output table|json|csv] VERB …",
        discussion: """
            Exit status:
              0  done
              1  the daemon refused, or some lines were rejected
              2  the command line is wrong
              3  cannot connect to the daemon
              4  an input file cannot be read or understood
              5  the daemon went away before it had answered, or its answer makes no sense
            verify ends with 0 where all is sound, 1 where something is damaged, and 2 where that could not be found out.

            Each verb has examples in its help:

              journeyctl help emit
            """,
        version: Version.text,
        subcommands: [
            StatusCommand.self, EmitCommand.self, ImportCommand.self, EventsCommand.self, FollowCommand.self, JourneyCommand.self,
            FunnelCommand.self, FrictionCommand.self, PathsCommand.self, AskCommand.self, ExplainCommand.self, ExportCommand.self,
            BackupCommand.self, RestoreCommand.self, VerifyCommand.self, SealCommand.self, RetainCommand.self, EraseCommand.self,
            ViewsCommand.self, ViewCommand.self, KeepCommand.self, DropCommand.self, ConsumersCommand.self, SubscribeCommand.self,
            UnsubscribeCommand.self, ConfigCommand.self, SimulateCommand.self,
            TopCommand.self, CatalogueCommand.self, CompletionsCommand.self, ManualCommand.self,
        ])

    static func main() async {
        // A reader that has seen enough, such as `head`, is told by EPIPE, not by a signal.
        _ = signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot(ArgumentOrder.verbFirst(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Ending(error).exit()
        }
    }
}
