"""The suites of January 2026: frozen, each a list of task versions with one score over them."""

from mmbench.tasks.suites import Suite

RETRIEVAL = Suite(
    name="retrieval-2026.1",
    title="Image-text retrieval",
    tasks=dict.fromkeys(
        (
            "flickr8k.i2t",
            "flickr8k.t2i",
            "flickr30k.i2t",
            "flickr30k.t2i",
            "coco-karpathy.i2t",
            "coco-karpathy.t2i",
        ),
        1,
    ),
)

MULTILINGUAL = Suite(
    name="multilingual-retrieval-2026.1",
    title="Image-text retrieval in eight languages",
    tasks=dict.fromkeys(
        (
            "xflickrco.de.i2t",
            "xflickrco.de.t2i",
            "xflickrco.en.i2t",
            "xflickrco.en.t2i",
            "xflickrco.es.i2t",
            "xflickrco.es.t2i",
            "xflickrco.id.i2t",
            "xflickrco.id.t2i",
            "xflickrco.ja.i2t",
            "xflickrco.ja.t2i",
            "xflickrco.ru.i2t",
            "xflickrco.ru.t2i",
            "xflickrco.tr.i2t",
            "xflickrco.tr.t2i",
            "xflickrco.zh.i2t",
            "xflickrco.zh.t2i",
        ),
        1,
    ),
)

COMPOSITIONAL = Suite(
    name="compositional-2026.1",
    title="Compositional choice",
    tasks=dict.fromkeys(
        (
            "winoground.choice",
            "sugarcrepe.choice",
            "aro-vg-relation.choice",
            "aro-vg-attribution.choice",
            "aro-coco-order.choice",
            "aro-flickr-order.choice",
        ),
        1,
    ),
)

CLASSIFICATION = Suite(
    name="classification-2026.1",
    title="Zero-shot classification of pictures",
    tasks=dict.fromkeys(
        (
            "imagenet1k.zero-shot",
            "cifar10.zero-shot",
            "cifar100.zero-shot",
            "stl10.zero-shot",
            "sun397.zero-shot",
            "food101.zero-shot",
            "dtd.zero-shot",
            "oxford-pets.zero-shot",
            "fgvc-aircraft.zero-shot",
            "stanford-cars.zero-shot",
            "eurosat.zero-shot",
            "resisc45.zero-shot",
            "gtsrb.zero-shot",
            "country211.zero-shot",
            "mnist.zero-shot",
            "clevr-count.zero-shot",
            "rendered-sst2.zero-shot",
            "fer2013.zero-shot",
        ),
        1,
    ),
)

AUDIO = Suite(
    name="audio-2026.1",
    title="Sound and text",
    tasks=dict.fromkeys(
        (
            "audiocaps.a2t",
            "audiocaps.t2a",
            "clotho.a2t",
            "clotho.t2a",
            "musiccaps.a2t",
            "musiccaps.t2a",
            "esc50.zero-shot",
            "urbansound8k.zero-shot",
            "gtzan.zero-shot",
            "vocalsound.zero-shot",
            "speech-commands.zero-shot",
            "fsd50k-mini.zero-shot",
            "fsdkaggle2019.zero-shot",
        ),
        1,
    ),
)

AUDIO_PROBE = Suite(
    name="audio-probe-2026.1",
    title="Linear probes of sound",
    tasks=dict.fromkeys(
        (
            "esc50.probe",
            "urbansound8k.probe",
            "gtzan.probe",
            "fsd50k-mini.probe",
            "fsdkaggle2019.probe",
        ),
        1,
    ),
)
