"""FLEURS: the same sentences read in 102 languages."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

# The upstream's configurations. A split is named by the BCP 47 tag: cmn_hans_cn is cmn-Hans-CN.
CONFIGURATIONS = (
    "af_za am_et ar_eg as_in ast_es az_az be_by bg_bg bn_in bs_ba ca_es ceb_ph ckb_iq cmn_hans_cn cs_cz cy_gb da_dk "
    "de_de el_gr en_us es_419 et_ee fa_ir ff_sn fi_fi fil_ph fr_fr ga_ie gl_es gu_in ha_ng he_il hi_in hr_hr hu_hu "
    "hy_am id_id ig_ng is_is it_it ja_jp jv_id ka_ge kam_ke kea_cv kk_kz km_kh kn_in ko_kr ky_kg lb_lu lg_ug ln_cd "
    "lo_la lt_lt luo_ke lv_lv mi_nz mk_mk ml_in mn_mn mr_in ms_my mt_mt my_mm nb_no ne_np nl_nl nso_za ny_mw oc_fr "
    "om_et or_in pa_in pl_pl ps_af pt_br ro_ro ru_ru sd_in sk_sk sl_si sn_zw so_so sr_rs sv_se sw_ke ta_in te_in "
    "tg_tj th_th tr_tr uk_ua umb_ao ur_pk uz_uz vi_vn wo_sn xh_za yo_ng yue_hant_hk zu_za"
)
COUNTS = {"en-US": 647}


def _tag(configuration: str) -> str:
    language, *rest = configuration.split("_")
    return "-".join([language, *(part.title() if len(part) == 4 else part.upper() for part in rest)])


SPLITS = {_tag(configuration): configuration for configuration in CONFIGURATIONS.split()}

CARD = DatasetCard(
    key="fleurs",
    title="FLEURS",
    summary="Sentences of FLoRes read aloud in 102 languages, about two recordings per sentence; the test splits, one per language.",
    task_kinds=("speech-recognition", "retrieval"),
    modalities=(Modality.AUDIO,),
    languages=tuple(SPLITS),
    splits={
        tag: SplitFacts(
            count=COUNTS.get(tag, Unknown(reason="only the sum over all languages was read, 77,809 recordings")),
            protocol="the published test split of the language, one sample per recording",
        )
        for tag in SPLITS
    },
    columns={
        "audio": "audio",
        "transcription": "target: the transcript",
        "id": "group: the sentence, which several recordings share; never the sample's id",
    },
    source=HubSource(
        repo="mteb/fleurs",
        revision="cadac46d4cd7d721f5cf8844a5b9f0f20e6fcde8",
        tables={
            "rows": Table(
                {
                    "audio": Column("audio"),
                    "transcription": Column(
                        "string", values=("the sea is calm", "the sea is calm", "rain is near", "snow has come")
                    ),
                    "id": Column("integer", values=(1904, 1904, 1675, 1950)),
                },
                config="{split}",
                split="test",
            )
        },
        samples=records("audio", target="transcription", group="id", language={"audio": "{split}"}),
        splits=SPLITS,
    ),
    licence="CC-BY-4.0",
    access="open",
    labels_public=True,
    redistributable=True,
    citation="Conneau et al.: FLEURS: Few-shot Learning Evaluation of Universal Representations of Speech, SLT 2022",
    homepage="https://huggingface.co/datasets/mteb/fleurs",
    attribution="FLEURS by Google (Conneau et al.), CC BY 4.0.",
    known_issues=(
        Issue(
            summary="recordings (of 77,809) that vanish where the sentence's id stands for the recording, as in another benchmark's "
            "retrieval form: 33,018 ids are left",
            count=44791,
            handling="a sample is a recording, numbered by its row; the sentence is its group",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats FleursA2TRetrieval: 647 recordings of 350 sentences in en_us",
        "columns": "mteb, tasks/retrieval/multilingual/fleurs.py; the loader of google/fleurs makes id an integer",
        "source": "the same file pins this commit; chosen over lmms-lab-audio/fleurs, which has three languages and no known commit",
        "licence": "the page of google/fleurs; the metadata of mteb's task says Apache-2.0",
        "known_issues": "the same statistics, over all languages",
    },
)
