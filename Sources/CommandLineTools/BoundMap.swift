internal import JourneyModel

/// A map tied to the columns of a file, ready to turn its rows into events.
package struct BoundMap: Sendable {
    private let source: Template<BoundColumn>
    private let id: Template<BoundColumn>
    private let type: Template<BoundColumn>
    private let subject: Template<BoundColumn>
    private let account: Template<BoundColumn>?
    private let time: Template<BoundColumn>?
    private let data: DataShape<BoundColumn>?
    private let columns: Int

    init(_ map: ImportMap, header: [String]) throws(ImportFault) {
        let find = { (name: String) throws(ImportFault) -> BoundColumn in
            guard let index = header.firstIndex(of: name) else {
                throw ImportFault("the file has no column '\(name)'; it has \(header.joined(separator: ", "))")
            }
            guard header.lastIndex(of: name) == index else { throw ImportFault("the file has the column '\(name)' twice") }
            return BoundColumn(name: name, index: index)
        }
        source = try map.source.mapColumns(find)
        id = try map.id.mapColumns(find)
        type = try map.type.mapColumns(find)
        subject = try map.subject.mapColumns(find)
        account = try map.account?.mapColumns(find)
        time = try map.time?.mapColumns(find)
        data = try map.data?.mapColumns(find)
        columns = header.count
    }

    /// Appends the event of a row as one line of JSON.
    ///
    /// A row whose columns for `account` are all there gets one, otherwise it goes without; an empty column in any other attribute is a
    /// fault, because an event that lacks its time or half its id would be wrong without anyone noticing.
    /// - Throws: ``ImportFault`` with the line; `lines` is then as it was before.
    package func event(row: CSVRow, line: Int, into lines: inout [UInt8]) throws(ImportFault) {
        do throws(ImportFault) {
            let event = try members(row)
            var writer = JSONWriter()
            EventValue.object(event).write(to: &writer)
            lines.append(contentsOf: writer.bytes)
            lines.append(UInt8(ascii: "\n"))
        } catch {
            throw error.onLine(line)
        }
    }

    private func members(_ row: CSVRow) throws(ImportFault) -> [EventValue.Member] {
        guard row.count == columns else { throw ImportFault("\(row.count) fields where the header has \(columns)") }
        var members = [EventValue.Member(name: "specversion", value: .string("1.0"))]
        for (name, template) in [("id", id), ("source", source), ("type", type), ("subject", subject)] {
            members.append(EventValue.Member(name: name, value: .string(try template.filledText(row, for: name))))
        }
        if let account, !account.hasEmptyColumn(row) {
            members.append(EventValue.Member(name: "account", value: .string(try account.text(row))))
        }
        if let time {
            let text = try time.filledText(row, for: "time")
            do throws(ImportFault) {
                members.append(EventValue.Member(name: "time", value: .string(try ColumnFilter.moment(text).text)))
            } catch {
                throw ImportFault("time: \(quoted(text)) \(error.reason)")
            }
        }
        if let data { members.append(EventValue.Member(name: "data", value: try data.value(row) ?? .object([]))) }
        return members
    }
}

/// A column found in a file's header.
struct BoundColumn: Sendable {
    let name: String
    let index: Int

    func text(_ row: CSVRow) throws(ImportFault) -> String {
        guard let text = row.text(index) else { throw ImportFault("column '\(name)' is not UTF-8") }
        return text
    }

    func value(_ row: CSVRow, _ filter: ColumnFilter) throws(ImportFault) -> EventValue {
        let text = try text(row)
        do throws(ImportFault) {
            return try filter.value(text)
        } catch {
            throw ImportFault("column '\(name)': \(quoted(text)) \(error.reason)")
        }
    }
}

extension Template<BoundColumn> {
    /// The text with the columns of a row in it.
    func text(_ row: CSVRow) throws(ImportFault) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .column(let column, let filter): text += try column.value(row, filter).plainText
            }
        }
        return text
    }

    /// The text, which must not be empty nor hold an empty column.
    func filledText(_ row: CSVRow, for attribute: String) throws(ImportFault) -> String {
        guard !hasEmptyColumn(row) else { throw ImportFault("a column that '\(attribute)' needs is empty") }
        let text = try text(row)
        guard !text.isEmpty else { throw ImportFault("'\(attribute)' is empty") }
        return text
    }

    /// The value in `data`: that of the filter where the template is one column alone (nil where the column is empty), otherwise text.
    func value(_ row: CSVRow) throws(ImportFault) -> EventValue? {
        guard parts.count == 1, case .column(let column, let filter) = parts[0] else { return .string(try text(row)) }
        return row[column.index].isEmpty ? nil : try column.value(row, filter)
    }

    func hasEmptyColumn(_ row: CSVRow) -> Bool {
        parts.contains { part in
            if case .column(let column, _) = part { row[column.index].isEmpty } else { false }
        }
    }
}

/// `text` in quotes, cut where it is long.
private func quoted(_ text: String) -> String {
    text.count <= 40 ? "'\(text)'" : "'\(text.prefix(40))…'"
}
