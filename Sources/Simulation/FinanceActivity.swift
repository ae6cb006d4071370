internal import JourneyModel

/// What finance does with a customer: the contract, the order, the subscription and its invoices.
enum FinanceActivity: DepartmentActivity {
    case contractSigned
    case orderPlaced
    case orderFulfilled
    case subscriptionStarted
    case subscriptionEnded
    case invoiceIssued(UInt8)
    case invoiceReissued(UInt8)
    case paymentFailed(UInt8, attempt: UInt8, isReissue: Bool)
    case invoicePaid(UInt8, isReissue: Bool)

    static let source = "/billing"
    static let daysToPay = 30

    var type: String {
        switch self {
        case .contractSigned: "finance.contract.signed"
        case .orderPlaced: "finance.order.placed"
        case .orderFulfilled: "finance.order.fulfilled"
        case .subscriptionStarted: "finance.subscription.started"
        case .subscriptionEnded: "finance.subscription.ended"
        case .invoiceIssued: "finance.invoice.issued"
        case .invoiceReissued: "finance.invoice.reissued"
        case .paymentFailed: "finance.invoice.payment_failed"
        case .invoicePaid: "finance.invoice.paid"
        }
    }

    var record: Record {
        switch self {
        case .contractSigned: .contract
        case .orderPlaced, .orderFulfilled: .order
        case .subscriptionStarted, .subscriptionEnded: .subscription
        case .invoiceIssued(let number), .invoiceReissued(let number), .paymentFailed(let number, _, _), .invoicePaid(let number, _):
            .invoice(number: number)
        }
    }

    func write(_ data: inout JSONWriter, of journey: JourneyProfile, at time: Timestamp) {
        let id = record.id(journey.digits)
        switch self {
        case .contractSigned:
            data.member("contract_id", id)
            data.member("start", time.date)
            data.member("end", time.plus(days: journey.termMonths * JourneyScript.daysPerMonth).date)
            data.member("money", money: journey.termValue)
        case .orderPlaced, .orderFulfilled:
            data.member("order_id", id)
            data.member("money", money: journey.termValue)
        case .subscriptionStarted, .subscriptionEnded:
            data.member("sub_id", id)
            data.member("mrr", money: journey.monthlyValue)
            data.member("effective_at", time.text)
        case .invoiceIssued:
            writeInvoice(&data, of: journey, isReissue: false)
            data.member("due_at", time.plus(days: FinanceActivity.daysToPay).text)
        case .invoiceReissued:
            writeInvoice(&data, of: journey, isReissue: true)
            data.member("due_at", time.plus(days: FinanceActivity.daysToPay).text)
            data.member("replaces", id)
        case .paymentFailed(_, let attempt, let isReissue):
            writeInvoice(&data, of: journey, isReissue: isReissue)
            data.member("attempt", attempt)
        case .invoicePaid(_, let isReissue):
            writeInvoice(&data, of: journey, isReissue: isReissue)
        }
    }

    /// An invoice that is issued again has a number of its own; the subject stays that of the first.
    private func writeInvoice(_ data: inout JSONWriter, of journey: JourneyProfile, isReissue: Bool) {
        data.member("invoice_id", record.id(journey.digits) + (isReissue ? "R" : ""))
        data.member("money", money: journey.monthlyValue * JourneyScript.monthsPerInvoice)
    }
}
