"""How people spell what they say to a bot: the words of `bot.phrases`, each with its variants."""

SPELLINGS = """
you: u ya yu yuo yall
are: r ar
your: ur yr
you are: youre yer
i am: im iam
is: iz
what: wat wht wut waht whta wot whay
what is: whats wats wuts wots whatz
who: hoo
who is: whos
how is: hows
how are you: hru
how are: howre
that is: thats thatz tats
it is: its
what is up: wassup whatsup wazzup wazup whassup sup wsup
do not: dont
can not: cant
i will: ill
that will: thatll
let us: lets
i have: ive
you have: youve
have got to: gotta
going to: gonna
doing: doin
going: goin
feeling: feelin
want to: wanna
got you: gotchu
give me: gimme
can: cn
could: cud
about: abt bout
please: pls plz plse pleas pleez plis
thanks: thx thnx tnx thks thanx thankx tks tysm ty tyvm thnks thnk thanku thanq tx thenks
thanks: thanka thansk thnaks thakns thaks tahnks
thank you: thankyou thankyu tku tyty
thanks in advance: tia
hi: hii hy hay
hello: helo hallo hellow hullo ello allo
hey: heyy ey hei
good morning: goodmorning gm mornin
good night: goodnight gn nite nighty nighters
good evening: goodevening
good afternoon: goodafternoon
good: gud gd gooood
great: gr8 grate greate gret
goodbye: goodby gudbye godbye
bye: byee bai bi baibai
bye bye: byebye
see you: cya seeya
see you later: cul8r
later: l8r l8er
later: latr
ttyl: t2yl
gtg: g2g
hola: ola
be right back: brb
ok: mkay ight aiight okie okay okey oki k okk oke okidoki okdok alrighty aight aite
alright: allright alrite
ok then: okthen
okey dokey: okeydokey okiedokie
yes: yess yas yass ys
yeah: yea yh yeh
yep: yepp
no: noo
no problem: np
no worries: nw
never mind: nvm nevermind
cool: kool coolio
nice: noice nise
awesome: awsome awesum awsum
amazing: amzing amazin
interesting: intresting interestin
appreciate: apreciate appriciate appreciat
appreciated: apreciated appriciated
really: rly realy rlly
understood: undrstood
i do not know: idk dunno
just kidding: jk jks
did not: didnt
dokey: dokie doke
for real: fr frfr
lol: lool lmao lmfao rotfl lolz lulz kek xd
omg: omfg
wow: woww wowza waow
haha: hah hahah hahaha ahaha jaja bahaha ha
hehe: heh hehehe hihi
hmm: hm hmmm hrm mhm mmhm
mm: mmm
aw: aww awww
ooh: oooh oo
ah: ahh ahhh aah
oh: ohh ohhh o
huh: hu
um: umm ummm
uh: uhh uhm ehm
congrats: grats gratz
sorry: sry soz srry sori
because: cuz
with: w
to: 2
for: 4
mate: m8
and you: hbu wbu
robot: robo
help: halp hlp hepl
good day: gday
"""
