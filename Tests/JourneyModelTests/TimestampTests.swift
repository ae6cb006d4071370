import JourneyModel
import TestSupport
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00+02:00", 951_818_400_000_000), ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-03-01T09:30:00.25-00:30", 1_772_359_200_250_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2018-02-01", 1_517_443_200_000_000), ("2026-01-01t00:00:00.1234567z", 1_767_225_600_123_456),
    ])
    func readsRFC3339(_ text: String, _ microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-1-1T00:00:00Z",
        "2026-01-01T00:00:00+24:00", "0000-01-01T00:00:00Z", "today", "", "2026-01-01T00:00:00Zx",
    ])
    func refusesWhatDoesNotExist(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(arguments: [11, 12] as [UInt64])
    func writesWhatItReads(seed: UInt64) {
        var random = Seeded(seed: seed)
        for _ in 0..<10_000 {
            let timestamp = Timestamp(microseconds: Int64.random(in: -62_135_596_800_000_000..<253_402_300_800_000_000, using: &random))
            #expect(Timestamp(timestamp.text) == timestamp, "seed \(seed): \(timestamp.text)")
        }
    }

    @Test(arguments: [("P30D", 2_592_000), ("PT36H", 129_600), ("P1DT12H", 129_600), ("P2W", 1_209_600), ("PT1M1S", 61)])
    func readsTimeSpans(_ text: String, _ seconds: Int64) {
        #expect(TimeSpan(text)?.microseconds == seconds * 1_000_000)
    }

    @Test(arguments: ["", "P", "PT", "30D", "P1M", "P1Y", "P-1D", "P1", "P1DT", "PT1D", "P1D1D", "P99999999999D", "P40000D", "PT1H1H"])
    func refusesOtherTimeSpans(_ text: String) {
        #expect(TimeSpan(text) == nil)
    }
}
