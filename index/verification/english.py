"""Lists of English words: numbers, negations, opposites, peoples. All are in lower case."""


def _parted(words: str) -> list[str]:
    return words.split()


_UNITS = _parted(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen"
)
TENS = _parted("twenty thirty forty fifty sixty seventy eighty ninety")
_UNITH = _parted(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
    " thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_TENTH = _parted("twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth")

VALUES = {
    **{word: float(value) for words in (_UNITS, _UNITH) for value, word in enumerate(words)},
    **{word: 10.0 * value for words in (TENS, _TENTH) for value, word in enumerate(words, 2)},
    "dozen": 12.0,
    "once": 1.0,
    "twice": 2.0,
    "thrice": 3.0,
}
"""What a number word below a hundred counts, in lower case."""

SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
"""What multiplies the number before it."""

MONTHS = frozenset(
    _parted("january february march april may june july august september october november december")
)

NEGATIONS = frozenset(_parted("no not never none nobody nothing nowhere neither nor cannot"))
"""Words that turn a statement round."""

DENIALS = NEGATIONS | frozenset(
    _parted("""
    without hardly scarcely barely unable fail fails failed failing failure lack lacks lacked
    lacking deny denies denied refuse refuses refused reject rejects rejected impossible unlike
    unlikely except absence absent unknown unclear unsuccessful unsuccessfully
    """)
)
"""The negations, and words that hold one."""

HALF_DENIALS = frozenset(
    _parted("""
    few little small minimal minimally only outside less rarely seldom exclude excluded
    excluding inconclusive inconclusively
    """)
)
"""Words that come near to one."""

OPPOSITES = """
before earlier previously prior | after afterwards later following subsequently
rise rose risen increase grow grew grown climb expand gain | fall fell fallen decrease decline \
shrink shrank drop reduce diminish lose lost loss
win won winner victory victorious triumph succeed success successful | lose lost loser loss \
defeat fail failure unsuccessful
all always whole entirely completely fully | none no never partly partially some
always constantly invariably | never rarely seldom sometimes occasionally
none nobody | some all many most several both
first earliest initial | last latest final
start begin began begun open launch commence | end finish stop cease close conclude halt
continue remain continued keep kept persist | stop cease end halt quit abandon
north northern northwards northward | south southern southwards southward
east eastern eastwards eastward | west western westwards westward
more greater higher larger bigger | fewer less lower smaller
greatest highest largest biggest richest strongest | lowest smallest poorest weakest
richest strongest best | poorest weakest worst
most majority mostly mainly largely | minority fewest least few hardly
many numerous much plentiful abundant ample wide widely well greatly | few little scarce scant \
minimal minimally poorly slightly hardly barely
high | low
large big huge great vast | small little tiny minor minimal
long | short brief
old ancient elder older oldest | new young modern younger youngest
early | late
accept approve adopt ratify agree welcome embrace consent grant | reject refuse decline deny \
veto oppose dismiss resist
support favour favor endorse advocate champion | oppose against opposition resist fight \
reject object condemn criticize criticise denounce hostile
allow permit enable let legal authorize authorise | forbid forbade forbidden ban prohibit \
prevent bar illegal prohibition block
strong strengthen stronger strength powerful | weak weaken weaker weakness feeble undermine
rich wealthy prosperous | poor impoverished
same identical alike equal similar | different distinct unequal differ
include inclusive including | exclude exclusive excluding omit except
public | private
internal domestic inner inside indoors within | external foreign outer outside outdoors
import | export
enter arrive join came come | leave left depart exit quit withdraw withdrew
attack assault invade | defend protect retreat
ally friend friendly allied | enemy foe hostile rival
peace peaceful | war warlike violent violence
love like admire | hate dislike despise detest
good better best positive beneficial favourable favorable | bad worse worst negative harmful \
unfavourable adverse
easy easily simple | difficult hard complex complicated
possible able capable | impossible unable incapable
true correct right accurate accurately | false wrong incorrect inaccurate misleading
known famous well-known | unknown obscure
certain sure definite clear | uncertain unsure doubtful unclear
common usual typical frequent often frequently usually | rare unusual uncommon rarely seldom
dependent depend | independent
unite united unify reunite join merge | divide divided split separate part
build built construct create found establish | destroy demolish dismantle abolish dissolve raze
buy bought purchase | sell sold sale
borrow | lend lent
teach taught | learn learnt learned
send sent | receive
give gave given | take took taken
push | pull
upper top above over | lower bottom below beneath
near close nearby | far distant remote
left | right
male man men boy husband father son brother king | female woman women girl wife mother daughter \
sister queen
ancestor predecessor precede preceded | descendant successor succeed follow followed
alive survive born | dead die died death kill
free freedom release liberate | captive enslave imprison capture slavery arrest
obey comply | disobey defy ignore flout disregard
remember | forget forgot forgotten
praise acclaim applaud | blame criticise criticize condemn denounce
trust confidence | distrust mistrust doubt suspicion
increase raise | cut lower reduce decrease
maximum | minimum
maximise maximize | minimise minimize
advance | retreat withdraw withdrew
appear emerge | disappear vanish
safe secure | dangerous unsafe risky
guilty convict | innocent acquit
deny denied | admit admitted confirm confess acknowledge
voluntary willing willingly | compulsory involuntary forced unwilling reluctant mandatory
formal formally official | informal informally unofficial
direct directly | indirect indirectly
legal lawful | illegal unlawful
visible | invisible hidden
permanent lasting | temporary brief
urban city | rural countryside
hot warm | cold cool
light bright | dark
fast quick quickly rapid rapidly | slow slowly gradual gradually
wet | dry
deep | shallow
wide broad | narrow
heavy | light
full | empty
rational reasonable | irrational unreasonable
efficient effective effectively | inefficient ineffective
stable | unstable unrest
satisfied content pleased delight | dissatisfied discontent displeased \
resentment
popular | unpopular
happy | unhappy sad
honest | dishonest
offensive | defensive
active | passive inactive
expensive costly dear | cheap inexpensive
believe believed | disbelieve doubt doubted
pass passed | fail failed
hire hired employ appoint | fire dismiss sack
promote | demote
encourage | discourage deter
worsen worsened | improve improved
majority | minority
ascend | descend
attract | repel
brave courageous | cowardly afraid
calm quiet | turbulent agitated noisy
capitalist capitalism | communist communism socialist socialism
catholic | protestant
civilian | military
clean pure | dirty polluted impure
complete finished | incomplete unfinished
confirm verify prove | refute disprove contradict
conservative | liberal progressive radical
cooperate collaborate | compete
heal cure | infect poison
demand | supply
democratic democracy | autocratic autocracy authoritarian dictatorship
arrival | departure
literate educated | illiterate uneducated
expel exile banish | admit welcome
explicit | implicit
fertile | barren
flexible | rigid
forward forwards | backward backwards
gather assemble | scatter disperse
general universal | specific particular
genuine real authentic | fake artificial counterfeit
help aid assist facilitate | hinder impede obstruct hamper
immigrant immigration | emigrant emigration
superior | inferior
deliberate deliberately intentional | accidental accidentally unintentional
interior | exterior
junior | senior
loose | tight
loyal faithful | disloyal treacherous rebellious
major | minor
mandatory compulsory obligatory | optional voluntary
master | slave servant
native indigenous | foreign alien
natural | artificial
optimistic hopeful | pessimistic hopeless
past | future
plus add added | minus subtract subtracted
preserve protect retain | destroy discard
presence present | absence absent
professional | amateur
profit gain | loss
reward | punish punishment
recover | deteriorate
reveal disclose expose | conceal hide hid hidden
rough | smooth
sacred religious | secular
scarcity shortage | abundance surplus
surplus | deficit shortage
sink sank sunk | float
solid | liquid
summer | winter
resist withstood withstand | surrender capitulate yield submit
tall | short
thick | thin
tolerant | intolerant
unanimous unanimously | divided
unchanged | changed altered
useful | useless
valid | invalid
recognize recognise notice | ignore overlook
intact undamaged | damaged destroyed
open opened | closed shut
stay remain | leave left depart
retain keep kept | lose lost abandon relinquish
delay postpone | hasten accelerate
accelerate | decelerate slow
employer | employee worker
teacher | pupil student
buyer customer | seller
landlord | tenant
victim | perpetrator attacker
occupied | vacant
day daytime | night nighttime
morning | evening
up upward upwards | down downward downwards
inside | outside
dawn sunrise | dusk sunset
ahead | behind
plentiful abundance | lacking shortage
credit | debit debt
broaden widen extend | narrow restrict limit
centralize centralise | decentralize decentralise
mobilize mobilise | demobilize demobilise
arm armed | unarmed disarm
fortunate lucky | unfortunate unlucky
healthy well | sick ill
clever intelligent wise | stupid foolish
cruel harsh | kind gentle mild lenient
proud | ashamed humble
cautious careful | reckless careless
optimum ideal | worst
sharp sharply steep | slight slightly
"""
"""A line a pair of opposites: the words of one side, and those of the other."""

_PEOPLES = """
france french frenchman frenchmen | britain british briton england english
spain spanish spaniard | netherlands dutch holland | germany german | greece greek
denmark danish dane | poland polish pole | turkey turkish turk | wales welsh
scotland scottish scots scot | ireland irish | switzerland swiss | sweden swedish swede
finland finnish finn | norway norwegian | china chinese | japan japanese | europe european
america american usa states | rome roman | peru peruvian | portugal portuguese
"""

ENDINGS = _parted(
    "ization isation ational fulness ousness iveness ations ation ments ment ness ities ity"
    " ances ance ences ence ible able ings ing edly ied ies ions ion ers ors er or ists ist isms"
    " ism ians ian ally ly ed es ous ive ful al ic s e y"
)
"""The endings of words, the longest first where one ends in another."""

PEOPLES = [frozenset(names.split()) for names in _PEOPLES.replace("\n", "|").split("|")]
"""The names, in lower case, of a country and its people."""
