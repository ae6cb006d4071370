internal import EventLog
internal import Synchronization

/// Runs pieces of work side by side.
package enum Parallel {
    /// Calls `body` once for each number below `count`, on `threads` threads of which the caller's is one, and returns when all have returned.
    ///
    /// Numbers are begun in ascending order. A thread takes about 50 microseconds to start.
    package static func forEach(_ count: Int, threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let next = Counter()
        let run: @Sendable () -> Void = {
            while case let number = next.take(), number < count { body(number) }
        }
        let helpers = (1..<max(1, min(threads, count))).map { _ in DedicatedThread(name: "question", run) }
        run()
        for helper in helpers { helper.join() }
    }

    /// As ``forEach(_:threads:_:)``, and gives what each call returned, in the order of the numbers.
    package static func map<Result: Sendable>(
        _ count: Int, threads: Int, _ body: @escaping @Sendable (Int) -> Result
    ) -> [Result] {
        let results = Results<Result>(count)
        forEach(count, threads: threads) { number in
            let result = body(number)
            results.list.withLock { $0[number] = result }
        }
        return results.list.withLock { $0.compactMap(\.self) }
    }

    private final class Counter: Sendable {
        private let next = Atomic<Int>(0)

        func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
    }

    private final class Results<Result: Sendable>: Sendable {
        let list: Mutex<[Result?]>

        init(_ count: Int) {
            list = Mutex(Array(repeating: nil, count: count))
        }
    }
}
