internal import EventLog
internal import JourneyModel
internal import Views

/// `GET /v1/quality`: what the events of each source are like.
extension ControlInterface {
    /// The answer as JSON. The first one after a start reads the log, see ``SourceBook``.
    func quality() throws(Problem) -> Reply {
        let book: SourceBook.Content
        let contradictions: [String?: Int]
        do throws(LogError) {
            book = try sources.current()
            contradictions = try countContradictions(book)
        } catch {
            throw Problem(error)
        }
        let counted = intake.all
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("position", book.position)
            // Duplicates and what was rejected or quarantined are counted from here on; the rest is in the log.
            writer.member("countedSince", started.text)
            writer.member("lateness", microseconds: SourceBook.lateness)
            writer.member("contradictions", contradictions.values.reduce(0, +))
            writer.key("sources")
            writer.array { writer in
                let names = Set(book.pages.keys).union(counted.keys)
                for name in names.sorted(by: { ($0 ?? "") < ($1 ?? "") }) {
                    let page = book.pages[name] ?? SourceBook.Page()
                    write(name, page, counted[name] ?? IntakeCounts.Counts(), contradictions[name] ?? 0, to: &writer)
                }
            }
        }
        return Reply(json: writer.bytes)
    }

    private func write(
        _ name: String?, _ page: SourceBook.Page, _ counts: IntakeCounts.Counts, _ contradictions: Int, to writer: inout JSONWriter
    ) {
        writer.object { writer in
            writer.member("source", name)
            writer.member("accepted", page.accepted)
            writer.member("late", page.late)
            writer.member("contradictions", contradictions)
            writer.member("newest", page.accepted > 0 ? page.newest.text : nil)
            writer.member("unknownTypeEvents", page.unknown)
            writer.key("unknownTypes")
            writer.array { writer in
                for (type, count) in page.unknownTypes.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                    writer.object { writer in
                        writer.member("type", type)
                        writer.member("events", count)
                    }
                }
            }
            writer.member("duplicates", counts.duplicates)
            writer.member("quarantined", counts.quarantined)
            writer.key("rejected")
            writer.array { writer in
                for (code, count) in counts.rejected.sorted(by: { $0.key < $1.key }) {
                    writer.object { writer in
                        writer.member("code", code)
                        writer.member("events", count)
                    }
                }
            }
        }
    }

    /// How many of the contradictions that the funnel counts are due to each source: whose event entered the stage before the one that comes
    /// first. O(journeys), and a read for each contradiction.
    private func countContradictions(_ book: SourceBook.Content) throws(LogError) -> [String?: Int] {
        var counts: [String?: Int] = [:]
        for position in views.contradictions() {
            try log.read(after: position - 1) { (record, bytes) in
                // What retention has taken away meanwhile is nobody's.
                guard record.position == position else { return false }
                let source = log.source(record, bytes)
                counts[book.pages[source] == nil ? nil : source, default: 0] += 1
                return false
            }
        }
        return counts
    }
}
