package import JourneyModel

/// The answer to a path question: what was added up, in the order in which it is read, cut to the limits that were asked for.
package struct PathAnswer: Sendable {
    /// How much of it is told; the totals say what there is.
    package struct Limits: Sendable, Equatable {
        /// Activities, the most frequent first; edges are between these.
        package var nodes = 100
        /// Edges, the most frequent first.
        package var edges = 500
        /// Variants, the most frequent first; of the paths before and after an activity, on either side.
        package var variants = 20

        package init() {}
    }

    private let statistics: PathStatistics
    private let limits: Limits
    private var names: [String] { statistics.names.activities }

    package init(_ statistics: PathStatistics, limits: Limits) {
        self.statistics = statistics
        self.limits = limits
    }

    /// Writes the members of the answer.
    package func write(to writer: inout JSONWriter) {
        let graph = statistics.graph
        writer.member("journeys", graph.journeys)
        writer.member("events", graph.events)
        writer.key("totals")
        writer.object { writer in
            writer.member("activities", graph.nodes.count { $0.count > 0 })
            writer.member("edges", graph.edges.count)
            writer.member("variants", statistics.variants.count)
        }
        let shown = activities
        writer.key("activities")
        writer.array { writer in for activity in shown { write(activity: activity, to: &writer) } }
        writeEdges(among: Set(shown), to: &writer)
        writer.key("variants")
        write(statistics.variants, of: graph.journeys, to: &writer)
        // Sequences beyond the most that are told apart.
        if statistics.variants.others > 0 { writer.member("otherVariants", statistics.variants.others) }
        writePingPong(to: &writer)
        if let around = statistics.around { write(around, to: &writer) }
    }

    /// The numbers of the activities that are told of.
    private var activities: [Int] {
        let nodes = statistics.graph.nodes
        let known = nodes.indices.filter { nodes[$0].count > 0 }
        let sorted = known.sorted { (-nodes[$0].count, names[$0]) < (-nodes[$1].count, names[$1]) }
        return Array(sorted.prefix(limits.nodes))
    }

    private func write(activity: Int, to writer: inout JSONWriter) {
        let node = statistics.graph.nodes[activity]
        let rework = statistics.rework[activity]
        writer.object { writer in
            writer.member("activity", names[activity])
            writer.member("count", node.count)
            writer.member("journeys", node.journeys)
            writer.member("starts", node.starts)
            writer.member("ends", node.ends)
            writer.key("rework")
            writer.object { writer in
                writer.member("journeys", rework.journeys)
                writer.key("selfLoop")
                rework.selfLoop.write(to: &writer)
                writer.key("repetition")
                rework.repetition.write(to: &writer)
            }
        }
    }

    private func writeEdges(among shown: Set<Int>, to writer: inout JSONWriter) {
        let edges = statistics.graph.edges.filter { shown.contains(Int($0.from)) && shown.contains(Int($0.to)) }.sorted { left, right in
            (-left.count, names[Int(left.from)], names[Int(left.to)]) < (-right.count, names[Int(right.from)], names[Int(right.to)])
        }
        writer.key("edges")
        writer.array { writer in
            for edge in edges.prefix(limits.edges) {
                writer.object { writer in
                    writer.member("from", names[Int(edge.from)])
                    writer.member("to", names[Int(edge.to)])
                    writer.member("count", edge.count)
                    writer.member("journeys", edge.journeys)
                    writer.key("waiting")
                    Distribution(edge.times).write(to: &writer)
                }
            }
        }
    }

    private func write(_ variants: Variants, of journeys: Int, to writer: inout JSONWriter) {
        writer.array { writer in
            for variant in variants.most(limits.variants, names: names) {
                writer.object { writer in
                    writer.key("activities")
                    writer.array { writer in for activity in variant.activities { writer.string(names[Int(activity)]) } }
                    writer.member("count", variant.count)
                    writer.key("share")
                    writer.number(Double(variant.count) / Double(max(journeys, 1)))
                }
            }
        }
    }

    private func writePingPong(to writer: inout JSONWriter) {
        let departments = statistics.names.departments
        let told = statistics.pingPong.pairs.map { pair -> (names: [String], pair: PingPong.Pair) in
            ([departments[Int(pair.first) - 1], departments[Int(pair.second) - 1]].sorted(), pair)
        }
        let sorted = told.sorted { left, right in
            if left.pair.bounces != right.pair.bounces { return left.pair.bounces > right.pair.bounces }
            return left.names.lexicographicallyPrecedes(right.names)
        }
        writer.key("pingPong")
        writer.object { writer in
            writer.member("crossing", statistics.pingPong.crossing)
            writer.key("pairs")
            writer.array { writer in
                for (names, pair) in sorted.prefix(limits.edges) {
                    writer.object { writer in
                        writer.key("departments")
                        writer.array { writer in for name in names { writer.string(name) } }
                        writer.member("journeys", pair.journeys)
                        writer.member("bounces", pair.bounces)
                    }
                }
            }
        }
    }

    private func write(_ around: PathsAround, to writer: inout JSONWriter) {
        writer.key("around")
        writer.object { writer in
            writer.member("activity", names[Int(around.anchor.activity)])
            writer.member("without", around.anchor.goal.map { names[Int($0)] })
            writer.member("within", microseconds: around.anchor.window)
            writer.member("reached", around.reached)
            writer.member("journeys", around.told)
            for (name, variants, nothing) in [
                ("before", around.before, around.nothingBefore), ("after", around.after, around.nothingAfter),
            ] {
                writer.key(name)
                writer.object { writer in
                    writer.member("nothing", nothing)
                    writer.key("paths")
                    write(variants, of: around.told, to: &writer)
                }
            }
        }
    }
}

extension Rework.Split {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("same", same)
            writer.member("other", other)
            writer.member("unknown", unknown)
        }
    }
}
