"""Speech recognition; error rates have no chance level, so that the suite ranks and has no score."""

from mmbench.tasks.suites import Suite

SPEECH = Suite(
    name="speech-2026.1",
    title="Speech recognition",
    aggregation="none",
    tasks={
        "librispeech.test-clean.asr": 1,
        "librispeech.test-other.asr": 1,
        "gigaspeech.asr": 1,
        "tedlium.dev-test.asr": 1,
        "common-voice-15.en.asr": 1,
        "common-voice-15.fr.asr": 1,
        "common-voice-15.zh.asr": 1,
        "voxpopuli.en.asr": 1,
        "voxpopuli.de.asr": 1,
        "voxpopuli.es.asr": 1,
        "voxpopuli.fr.asr": 1,
        "voxpopuli.it.asr": 1,
        "voxpopuli.pl.asr": 1,
        "fleurs.en.asr": 1,
        "fleurs.es.asr": 1,
        "fleurs.cmn.asr": 1,
        "fleurs.hi.asr": 1,
        "fleurs.ar.asr": 1,
        "fleurs.sw.asr": 1,
        "fleurs.ja.asr": 1,
    },
    beside=(
        "voxpopuli.en-accented.asr",
        "tedlium.long-form.asr",
    ),
)
