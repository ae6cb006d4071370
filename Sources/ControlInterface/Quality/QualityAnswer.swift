internal import EventLog
internal import JourneyModel
internal import Views

/// `GET /v1/quality`: what the events of each source are like.
extension ControlInterface {
    /// The answer as JSON. The first one after a start reads the log, see ``SourceBook``.
    func quality() throws(Problem) -> Reply {
        let book: SourceBook.Content
        do throws(LogError) { book = try sources.current() } catch { throw Problem(error) }
        let counted = intake.all
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("position", book.position)
            // Duplicates and what was rejected or quarantined are counted from here on; the rest is in the log.
            writer.member("countedSince", started.text)
            writer.member("lateness", microseconds: SourceBook.lateness)
            writer.member("contradictions", contradictions)
            writer.key("sources")
            writer.array { writer in
                let names = Set(book.pages.keys).union(counted.keys)
                for name in names.sorted(by: { ($0 ?? "") < ($1 ?? "") }) {
                    write(name, book.pages[name] ?? SourceBook.Page(), counted[name] ?? IntakeCounts.Counts(), to: &writer)
                }
            }
        }
        return Reply(json: writer.bytes)
    }

    private func write(_ name: String?, _ page: SourceBook.Page, _ counts: IntakeCounts.Counts, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("source", name)
            writer.member("accepted", page.accepted)
            writer.member("late", page.late)
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

    /// Journeys that entered stages in another order than the stage map has them, as the funnel counts them; nil where it cannot answer.
    private var contradictions: Int? {
        guard let funnel = try? views.funnel(ViewQuery()), let rows = (try? JSONValue(funnel.span))?["stages"]?.elements else { return nil }
        return rows.reduce(0) { $0 + ($1["contradictions"]?.integer ?? 0) }
    }
}
