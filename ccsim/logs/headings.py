"""What exports call their columns: the headings that are usual, in seven languages, and which of a file's fit best."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from ccsim.logs.sheets import bare

_WORDS: Final = {
    "conversation": "conversationid conversation threadid chatid sessionid",
    "sender": (
        "sender sendertype author authortype from direction role absender expediteur mittente remitente nadawca 送信者"
    ),
    "sent": "sentat sent messagetime createdat timestamp time datetime gesendet wysłano 送信日時",
    "contact": (
        "contactid callid uniqueid interactionid ticketid caseid conversationid chatid sessionid callsid id contact "
        "callnumber ticket sid taskid anrufid vorgang ticketnummer idappel idchiamata idllamada "
        "idpołączenia idkontaktu numerzgłoszenia 通話id コンタクトid 問い合わせ番号 受付番号 チケット番号"
    ),
    "customer": (
        "customerid customer callerid callernumber caller ani src requester requestername phonenumber from "
        "kunde anrufer rufnummer client appelant cliente chiamante llamante "
        "klient dzwoniący numertelefonu 顧客 顧客id 電話番号 発信者番号 お客様番号"
    ),
    "queue": (
        "queue queuename taskqueue skill skillname skillgroup splitskill split ctname ringgroups ringgroup topic group "
        "groupname ticketgroup department service teamassigned teamname type campaign dst warteschlange rufgruppe "
        "gruppe abteilung thema filedattente file coda servizio cola servicio departamento csqname csqnames csq "
        "kolejka grupa dział usługa temat キュー キュー名 スキル グループ 窓口 部署"
    ),
    "channel": "channel channeltype ticketchannel mediatype media kanal medium canal canale source kanał チャネル",
    "arrival": (
        "queueenqueuetimestamp arrival arrivaltime enqueuetimestamp enqueuetime enqueued enqueuedat queuedat "
        "queuestart starttime start startedat calldate calledat receivedat initiationtimestamp createdat created "
        "datecreated createdtime ticketcreatedtimestamp ticketcreated datetime timestamp calltime time opened openedat "
        "eingang eingangszeit anrufzeit anrufbeginn beginn startzeit erstellt erstelltam uhrzeit zeit zeitpunkt datum "
        "arrivee debut heuredarrivee heuredebut datedebut heure creele arrivo inizio orainizio datainizio ora creatoil "
        "llegada inicio horainicio fechainicio hora creado date "
        "rozpoczęcie początek czasrozpoczęcia datarozpoczęcia utworzono datautworzenia godzina "
        "着信日時 受付日時 受信日時 開始日時 作成日時 着信時刻 受付時刻 開始時刻 日時"
    ),
    "answer": (
        "answer answered assignedat answertime answeredat pickedupat pickup connectedtoagenttimestamp connected "
        "connectedat firstresponseat firstreplyat angenommen angenommenum annahme annahmezeit beantwortet "
        "decroche repondu risposta orarisposta respuesta respondida contestada "
        "odebrano czasodebrania 応答日時 応答時刻 接続日時"
    ),
    "end": (
        "end endtime ended endedat disconnecttimestamp disconnectedat hangup finishedat completedat resolvedat "
        "closedat closed ende endzeit anrufende geschlossen fin heurefin datefin fine orafine chiusoil horafin cerrado "
        "bis "
        "koniec zakończenie czaszakończenia zakończono 終了日時 終了時刻 切断日時 完了日時"
    ),
    "agent": (
        "agent agentname agentid agentusername user username operator server employee worker assignee assigneename "
        "assignedto teammate teammatereplied rep representative advisor mitarbeiter bearbeiter agente operatore "
        "conseiller operador agentes usersinteracted users "
        "konsultant pracownik エージェント オペレーター オペレータ 担当者 対応者 社員名 氏名"
    ),
    "outcome": (
        "outcome disposition result status callstatus taskstatus answeredyn abandoned calltype ergebnis ausgang "
        "resultat statut esito risultato stato resultado estado "
        "wynik 結果 応答結果 通話結果 ステータス 状態"
    ),
    "team": "team group supervisor department gruppe equipe squadra equipo zespół チーム",
    "activity": (
        "activity activitycode activityname exception aktivitaet aktivitat tatigkeit taetigkeit activite attivita "
        "actividad primarystatus status state "
        "czynność aktywność 活動 業務 ステータス 状態"
    ),
    "start": (
        "start starttime intervalstart startinterval timestamp interval halfhour datetime period timeslot slot from "
        "begin time beginn von uhrzeit zeit intervall zeitraum debut heure periode inizio ora fascia fasciaoraria "
        "inicio hora intervalo franja date datum data fecha "
        "początek godzina przedział okres od 時間帯 開始時刻 開始日時 時刻 時間 日時"
    ),
    "offered": (
        "offered offer incomingcontactvolume contactsoffered contactsqueued callsoffered calls volume received inbound "
        "callsreceived actcontactsreceived contacts incomingcalls entered nettocontacts "
        "angeboten eingehend anrufe kontakte recus presentes appels offerte ricevute chiamate contatti "
        "ofrecidas recibidas llamadas contactos contactsreceived "
        "połączenia oferowane przychodzące kontakty 着信数 着信件数 入電数 入電件数 着信呼数 受信数 コール数"
    ),
    "handled": (
        "handled interactionshandled contactshandled answered answer callshandled actcontactshandled answeredcalls "
        "acdcalls callsanswered contactsanswered angenommen beantwortet bearbeitet repondus traites risposte gestite "
        "atendidas contestadas "
        "odebrane obsłużone 応答数 応答件数 応答呼数 対応件数"
    ),
    "abandoned": (
        "abandoned abandons abandon abancalls aban callsabandoned contactsabandoned abandonedcalls lost missed "
        "verloren abgebrochen aufgelegt abandonnes perdus abbandonate perse abandonadas perdidas "
        "porzucone utracone nieodebrane 放棄数 放棄件数 放棄呼数 放棄呼"
    ),
    "handle_time": (
        "aht averagehandletime avghandle avghandletime actaht handletime talkdurationavg dmt tmo "
        "średniczasobsługi 平均処理時間 平均対応時間"
    ),
    "wait": (
        "wait waittime waiting waitingtime queuetime timeinqueue speedofanswer speedtoanswer speedans localqtime asa "
        "answertime ringtime firstresponse firstresponsetime firstreplytime timetofirstresponse timetoanswer queue "
        "wartezeit attente tempsdattente attesa tempodiattesa espera tiempodeespera "
        "inqueue totalqueue ringing queueduration callerwait waitduration "
        "oczekiwanie czasoczekiwania 待ち時間 待機時間 平均応答速度 平均待ち時間 応答時間"
    ),
    "left": "abantime abandontime abandonedtime abandonwait timetoabandon",
    "talk": (
        "talk talktime talkduration conversationtime billsec acd incall inconversation gesprachszeit "
        "gespraechszeit gesprachsdauer conversation communication tempsdeconversation conversazione "
        "tempodiconversazione conversacion tiempodeconversacion "
        "talking agenttime agentconnect agentconnectduration agentinteraction interaction "
        "rozmowa czasrozmowy 通話時間 平均通話時間"
    ),
    "hold": (
        "hold holdtime holding haltezeit miseenattente tiempoenespera customerhold zawieszenie czaszawieszenia 保留時間"
    ),
    "wrap": (
        "wrap wrapup acw aftercallwork aftercontactwork wraptime wrapuptime acwtime postprocessing nachbearbeitung "
        "nachbearbeitungszeit postappel postchiamata postllamada worktime "
        "pokontakcie poprocesowanie 後処理時間 平均後処理時間"
    ),
    "handle": "handle handletime handlingtime handling bearbeitungszeit obsługa czasobsługi 処理時間 対応時間",
    "total": (
        "duration callduration totaltime totalduration total resolution resolutiontime timetoresolution timetoclose "
        "timetoresolve fullresolution fullresolutiontime length dauer gesamtdauer duree dureetotale durata duracion "
        "czastrwania 合計時間 所要時間"
    ),
}
USUAL: Final = {name: [bare(word) for word in words.split()] for name, words in _WORDS.items()}
"""Headings, bare of case, spaces, accents, punctuation and units, by what they mostly are; the surest first."""
DATES: Final = frozenset(
    ("date", "day", "startdate", "contactdate", "callstartdate", "calldate", "datum", "tag", "jour", "data", "giorno",
     "fecha", "dia", "dzien", "日付", "年月日", "対応日")
)  # fmt: skip
"""Headings of a day alone."""
UNITS: Final = (
    ("ms", r"\(?\b(?:ms|msec|milliseconds?|millis)\b\)?"),
    ("min", r"\(?\b(?:min|mins|minutes?|minuten|分)\b\)?"),
    ("h", r"\(?\b(?:hrs?|hours?)\b\)?"),
    ("s", r"\(?\b(?:in )?(?:s|sec|secs|seconds?|sek|sekunden|秒)\b\)?"),
)
BEFORE: Final = {"avg", "average", "mean", "total", "act", "call", "calls", "contact", "contacts", "conversation",
                 "interaction", "ticket", "chat", "queue", "agent", "number", "of", "ø", "anzahl", "anrufe", "mittlere",
                 "durchschnittliche", "nombre", "appels", "temps", "duree", "de", "d", "numero", "chiamate", "tempo",
                 "di", "llamadas", "tiempo", "liczba", "sredni", "czas"}  # fmt: skip
"""Words that say no more about a column when another follows."""
AFTER: Final = {"time", "date", "datetime", "timestamp", "local", "utc", "avg", "average", "duration", "name", "moyen",
                "moyenne", "medio", "media"}  # fmt: skip
"""Words that say no more when another stands before."""


def without_unit(heading: str) -> tuple[str, str | None]:
    """A heading without its unit, and the unit, if it has one."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", unicodedata.normalize("NFKC", heading))
    for unit, pattern in UNITS:
        if re.search(pattern, spaced, re.IGNORECASE):
            return re.sub(r"\bin\b", "", re.sub(pattern, "", spaced, flags=re.IGNORECASE)), unit
    return spaced, None


def columns_of(headings: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Our columns and the headings that seem to be them, each heading once.

    A heading as it stands goes before one that only fits without the words that say no more.
    """
    written = {heading: list(forms(heading)) for heading in headings}
    chosen: dict[str, str] = {}
    for depth in range(max((len(texts) for texts in written.values()), default=0)):
        for name in (name for name in names if name not in chosen):
            free = {h: texts[depth] for h, texts in written.items() if depth < len(texts) and h not in chosen.values()}
            fitting = [h for usual in USUAL[name] for h, text in free.items() if text == usual]
            if fitting:
                chosen[name] = fitting[0]
    return chosen


def forms(heading: str) -> Iterator[str]:
    """A heading bare, then what stands in brackets, then without it, then without words that say no more."""
    text, _ = without_unit(heading)
    yield bare(text)
    yield bare(" ".join(re.findall(r"\(([^)]*)\)", text))) or bare(text)
    text = re.sub(r"\([^)]*\)|\[[^]]*\]", " ", text)
    yield bare(text)
    words = [bare(word) for word in re.findall(r"[^\W_]+", text)]
    while len(words) > 1 and words[0] in BEFORE:
        words.pop(0)
        yield "".join(words)
    while len(words) > 1 and words[-1] in AFTER:
        words.pop()
        yield "".join(words)
