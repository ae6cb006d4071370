internal import CommandLineTools
internal import JourneyModel

/// Who came back: a row for each cohort. What is not over for all is starred.
struct RetentionAnswer: Answer {
    static let header = ["from", "size", "bucket", "returned", "complete", "rate", "incomplete"]

    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    private var cohorts: [JSONValue] { [json[orNull: "all"]] + (json["cohorts"]?.elements ?? []) }

    var rows: [[String]] {
        cohorts.flatMap { cohort in
            (cohort["buckets"]?.elements ?? []).map { bucket in
                cohort.cells(["from", "size"]) + bucket.cells(["bucket", "returned", "complete", "rate", "incomplete"])
            }
        }
    }

    var text: String {
        let buckets = json["all"]?["buckets"]?.elements?.count ?? 0
        var table = Table([.init("cohort"), .init("size", .right)] + (0..<buckets).map { .init(String($0), .right) })
        for cohort in cohorts {
            let name = cohort["from"]?.text.map { String($0.prefix(10)) } ?? "all"
            let cells = (cohort["buckets"]?.elements ?? []).map { bucket in
                ReadablePercent.text(bucket["rate"]?.number) + (bucket["incomplete"] == .bool(true) ? "*" : "")
            }
            table.append([name, cohort[orNull: "size"].count] + cells)
        }
        let stand = "as of \(json[orNull: "at"].moment), position \(json[orNull: "position"].count); * not over for all"
        return table.styled + Style.faint(stand) + "\n"
    }
}
