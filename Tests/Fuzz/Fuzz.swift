import ArgumentParser
import Glibc
import TestSupport

/// Feeds spoilt input to everything that reads what clients send, and looks for crashes, hangs, broken rules and memory that grows.
///
/// Each input follows from the seed and its number alone: `--seed S --first N --inputs 1` repeats one.
@main struct Fuzz: AsyncParsableCommand {
    private static let memoryAllowed = 192 << 20

    @Option(help: "At least how many inputs.")
    var inputs = 1_000_000

    @Option(help: "At least for how many minutes.")
    var minutes = 0.0

    @Option(help: "What chance follows from. (default: another one each time)")
    var seed = UInt64.random(in: 0...UInt64(UInt32.max))

    @Option(help: "The number of the first input.")
    var first = 0

    @Option(help: "Only inputs of this kind: json, event, array, lines, target, question, http.")
    var only: String?

    mutating func run() async throws {
        print("seed \(seed)")
        fflush(nil)
        let corpus = try Corpus()
        let house = try await House(events: corpus.events)
        let trials = Trial.allCases.filter { only == nil || $0.rawValue == only }.map { ($0, $0.corpus(corpus)) }
        let weights = trials.reduce(0) { $0 + $1.0.weight }
        guard !trials.isEmpty else { throw ValidationError("--only is one of \(Trial.allCases.map(\.rawValue).joined(separator: ", "))") }
        Watch.begin(seed: seed)
        var counts: [Trial: (inputs: Int, accepted: Int)] = [:]
        let start = ContinuousClock.now
        var (number, memory) = (first, 0)
        while number - first < inputs || start.duration(to: .now) < .seconds(minutes * 60) {
            Watch.at(number)
            var mutator = Mutator(random: Seeded(seed: seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15))
            var choice = mutator.number(in: 0...(weights - 1))
            let (trial, inputs) =
                trials.first { trial in
                    choice -= trial.0.weight
                    return choice < 0
                } ?? trials[0]
            let input = mutator.input(inputs)
            do {
                let isAccepted = try trial.run(input, house, &mutator)
                let count = counts[trial] ?? (0, 0)
                counts[trial] = (count.inputs + 1, count.accepted + (isAccepted ? 1 : 0))
            } catch {
                print("broken rule at input \(number) of seed \(seed), \(trial): \(error)\n\(String(decoding: input, as: UTF8.self))")
                throw ExitCode(1)
            }
            number += 1
            if number - first == self.inputs / 4 { memory = Watch.ownMemory }
        }
        alarm(0)
        let grown = Watch.ownMemory - memory
        let seconds = start.duration(to: .now) / .seconds(1)
        for (trial, _) in trials {
            let count = counts[trial] ?? (0, 0)
            print("\(trial): \(count.inputs) inputs, \(count.accepted) accepted")
        }
        print("\(number - first) inputs in \(Int(seconds)) s; memory \(Watch.ownMemory >> 20) MiB, grown by \(grown >> 20) MiB")
        await house.close()
        guard grown < Fuzz.memoryAllowed else {
            print("memory grew by more than \(Fuzz.memoryAllowed >> 20) MiB")
            throw ExitCode(1)
        }
    }
}
