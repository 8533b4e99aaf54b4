"""What people say to a bot besides asking: phrases by kind, in a shorthand.

In the shorthand a line or a semicolon ends a phrase. ``a/b`` is either word, ``_`` a space inside
a choice, ``-`` no word at all, and a word in capitals one of the choices named so in `CHOICES`.
"""

CHOICES = {
    "GREAT": """nice/cool/great/good/awesome/amazing/perfect/excellent/brilliant/wonderful/lovely/
fantastic/fabulous/superb/neat/sweet/dope/sick/lit/rad/epic/legit/super/incredible/impressive/
interesting/fascinating/beautiful/cute/funny/hilarious/fun/wild/crazy/insane/mad/nuts/weird/
strange/odd/sad/terrible/awful/horrible/tragic/shocking/scary/bad/rubbish/useless/boring/lame/
stupid/dumb/silly/annoying/helpful/useful/handy/clear/smart/clever/intelligent/wise/kind/
friendly/fast/quick/right/wrong/correct/true/fair/fine/ok/alright/enough/outstanding/splendid/
terrific/marvellous/magnificent/unbelievable/mental/bonkers/hectic/rough/harsh/brutal/gross/
disappointing/surprising/depressing/heartbreaking/cruel/unfortunate/unreal/ace""",
    "HOWGREAT": """nice/cool/awesome/amazing/wonderful/lovely/sweet/cute/funny/interesting/
fascinating/sad/terrible/awful/horrible/tragic/strange/weird/odd/kind/clever/annoying/rude""",
    "DAY": "day/morning/afternoon/evening/night/weekend/week/one/time/rest_of_your_day/day_ahead",
    "TALKER": "bot/chatbot/robot/machine/computer/program/ai/human/person/real_person/human_being",
}

GREETING = """
hi/hello/hey/hiya/heya/yo/howdy/greetings/hola/bonjour/ciao/salut/hallo/namaste/aloha/hullo/hai
sup/salutations/ahoy/salaam/shalom/gday/hej/oi/ello
hi/hello/hey/hiya/heya/yo/howdy/hola/greetings/sup there/again/you/world/amigo/partner/stranger
my name is
i am
shall/can we start/begin/go/talk
you/- feeling good/well/ok/better/great today/-
how was/is your/the day/morning/week/weekend/night
good morning/afternoon/evening/day to/- you/all/-
morning/evening/afternoon
top of the morning
how are/- you doing/feeling/keeping/going/holding_up/getting_on/- today/tonight/this_morning/-
how are things/things_going/you_all/we_doing/we today/-
how is it/everything/your_day/your_week/your_morning/life going/hanging today/so_far/-
how is everything/your_day/your_night/you/life_treating_you today/-
how have you been; how do you do/feel; how goes it
what is up/good/cracking/new/new_with_you/popping/shaking/the_craic
are/- you ok/good/well/alright/there/awake/online/alive/around/ready/working/busy/up
is/- anyone/anybody/somebody/someone there/here/home/around/in/awake
nice/pleased/good/great/glad/lovely/happy to meet/see/be/talk_to/have you/here too/again/-
long time no see; welcome back/-
i am good/fine/ok/great/well/alright/doing_well/doing_good/doing_great/here/back/new_here too/-
i am very/doing/pretty/so/all/not well/good/fine/ok/great/bad/too_bad
doing well/good/great/fine/ok/alright; not bad/too_bad/much/so_bad/so_good
and you/yourself; how/what about you/yourself; you too
likewise
happy/merry christmas/xmas/new_year/birthday/easter/friday/monday/holidays/weekend/diwali/sunday
hope you are well/good/ok/fine/doing_well/having_a_good_day/having_a_great_day
i/- hope all/everything is well/good; it is me again/-
can/could/may i/we talk/chat/speak to/with/- you/-; let us talk/chat/begin/start/go
"""

THANKS = """
thanks/thank_you/cheers/merci/gracias/danke/grazie/arigato/obrigado/tak again/-
thanks/thank_you a lot/ton/million/bunch/bundle
thanks/thank_you so/very much/kindly
thanks/thank_you lots/loads/heaps/kindly/muchly/much/though/anyway/in_advance/then
thanks/thank_you for all/- your/the/that/this/- help/info/information/answer/answers/time/reply
thanks/thank_you for that/this/it/everything/all_that/helping/helping_me/clarifying/explaining
thanks/thank_you for the/your clarification/explanation/quick_answer/quick_reply/response/support
many/much/big/huge/great/no/ok/so_many thanks; no thank you; and/say thanks/cheers/thank_you
much/very_much/greatly/really appreciated/obliged
i/- really/do/- appreciate it/that/this/you/your_help/the_help/your_time/all_your_help
appreciated
thanks/thank_you so/very/- much/- for the/your/all_your help/info/answer/answers/time/support
ta very_much/for_that/for_the_help/-; thank god/goodness; bless
cheers for that/this/it/the_help/your_help/everything; legend
that/this/it/which really/- helps/helped/was_helpful/is_helpful me/- a_lot/so_much/-
that/this/it was very/really/so/super/- helpful/useful
very/really/so/super/most/how helpful/useful/kind of_you/-
you are/were/have_been very/really/so/super/most/a/such_a/a_great/- helpful/help/star
you are/- a star/legend/gem/angel/hero/saint/genius/lifesaver/treasure/rockstar/champ
big/great/huge/real help; i owe you one/-; bless you; you saved me/my_life/my_day/me_time
"""

GOODBYE = """
bye/goodbye/farewell/adios/later/laters/cheerio/toodles/tata/adieu/sayonara/adieu/tschuss
bye bye/now/for_now/then/all/-
and/ok/so bye/goodbye/good_night/so_long; so long; peace out
good night/bye; night night/-
see you/-; catch you; see/catch you/- later/soon/tomorrow/around/again/next_time/then/another_time/-
talk/speak to/with/- you/- later/soon/tomorrow/again/next_time
and/- have/enjoy a/the/your good/great/nice/lovely/wonderful/pleasant/blessed/fantastic/- DAY too/-
take care/it_easy of_yourself/-; until next/the_next time; till next time
i/- have/need/got/gotta/must to/- go/leave/run/bounce/dash/sleep/head_out/be_off now/-
have/i_have got to go/leave/run/bounce/dash/sleep/head_out now/-
time for/to bed/sleep/lunch/dinner/go; going/off to bed/sleep/go/work
i am off/out/leaving/done/finished/heading_out/signing_off/all_set/good_for_now now/-
i am going/off to bed/sleep/go/work/leave
that is all/it/everything for_now/for_today/for_me/from_me/folks/-
that is all/it/everything i need/needed/wanted/want/wanted_to_know/needed_to_know
that will be all/it; that was all/it/everything
no/no_more/no_further/no_other questions; nothing else/more thanks/-
be right back; brb/bbl/afk/gtg/ttyl; quit/exit/stop; i will be back/right_back/going
"""

ABOUT = """
who/what are/is you/this_bot/footnote exactly/really/actually/even/for/-
so/and who/what are you
who am i talking/speaking/chatting to/with
am i talking/speaking/chatting to/with a/an TALKER
are you a/an/- TALKER/chatgpt/gpt/claude/siri/alexa/google/gemini/real/llm/ai_model
is this a/an/- bot/chatbot/robot/ai/human/person/real_person/chatgpt/gpt
are you a/an/- TALKER or a/an/- TALKER/not
do you sleep/dream/eat/drink/like_your_job/like_me/get_tired/get_bored/hear_me/understand_me
can you hear/see/understand/talk/think/read/chat me/to_me/with_me/-
what should/can/do i call you
what language/languages do/can you speak/understand/know; you are/- a/an TALKER right/-
what kind/sort/type of bot/ai/thing/assistant are you/this
who made/built/created/wrote/developed/trained/programmed/designed you/this_bot
what is/are your name/purpose/job/function/goal/capabilities/features/skills/abilities/role
do you have a/- name/names/feelings/emotions
are you sentient/conscious/smart/single/open_source/free/happy/stupid/dumb/sad/tired/bored
how old/tall/smart/good are you
where are/do you from/live/come_from
do/can you speak/understand/know english/french/german/spanish/other_languages
what do/can/could you do/answer/offer/know/help/help_with for_me/me_with/here/exactly/all/-
what can/could you help me/us/- with/-
what can/could/do/else_can you tell/show/offer/do_for me/us
what else can/could/do you do/know/offer
what are you for/able_to_do/capable_of/good_at/good_for/doing/up_to/here_for/about
what is this/your bot/chatbot/app/tool/thing/website for/about/-
what does this/your bot/chatbot/app/tool/thing/website do; what does the bot/chatbot do
what can/could/should/may i/we ask/do/ask_about/say you/here/with_you/with_this/about/you_about/-
what questions/question/things/topics/stuff can/should/could/may i/you ask/answer/ask_you
what sort/kind/kinds/sorts/type/types of questions/things can/could i/you ask/answer/ask_you
how can/could/do/will you help/assist/work/function me/us/-
how do/can/should i/we use/ask/talk_to/start/begin/work_with you/this/this_bot/it_works/-
how does this bot/chatbot/app/tool/thing/website/all/- work
tell me/us about/more_about you/yourself/this_bot; tell me what you can/- do/are
tell me who you are; introduce/explain/describe yourself
what/which article/text/document/topic is this/this_about; what/which articles are there/here
what/which article/articles/text are you reading/on/about
what/which article/articles/texts/documents do/can you have/know/read/answer/see from/about/-
help me/us/please/out/me_out/-
can/could/will/would/please you/- help/assist me/us/- out/with_something/with_this/with_a_question/-
i/we need some/your/- help/assistance with_something/here/-
i am lost/stuck/confused/new/curious/bored
i have/got a/some/another/one_more/a_quick/one/a_few/- question/questions for_you/-
a/another/one/quick/one_more/one_quick question for_you/-
can/could/may i/we ask you/- a/something/some/another/a_quick/one_more/- question/questions/-
is it ok if i ask you/- something/a_question/questions
what now/to_do_here/do_i_do_here/do_i_do; where do i start/begin
commands/menu
"""

OTHER = """
GREAT; how HOWGREAT
GREAT one/job/work/stuff/answer/answers/bot/point/info/response/reply/find/article/fact/thing
all/even/much GREAT/better/worse
that/you is/are/was the/- best/worst
that is a lot/shame/pity/relief/mess/bit_much; quite the/a story/read/tale
i did not/never know/knew/realise/realize/think that/-
did_not/never know/knew/realise/realize that; right on; you are/your/you GREAT
your GREAT
your the_best/a_legend/a_star/a_genius
true/same/word/respect/legend that/here/-
hang on/tight a_sec/a_second/a_minute/-; ignore/scratch that/this/me/it
go ahead/on_then; well done/played/said/then; job done; you the/are_the best/man/goat/boss
you rock/rule/win/suck/stink/lie/lied/got_it/know_it/got_this
i/we/- love/like/hate/adore/miss/trust you/it/this/that/this_bot so_much/a_lot/too/-
i am impressed/sorry/happy/glad/sad/shocked/kidding/joking/tired/hungry/listening/human/ready
i am just/only/- kidding/joking/testing/looking/browsing/saying/curious/playing/checking
just kidding/joking/testing/saying/checking/curious/asking
ok/ok_dokey/okey_dokey/kk/yes/yeah/yep/yup/no/nope/nah/sure/maybe/perhaps/indeed/exactly/agreed
ok then/got_it/sure/cool/great/fine; right/alright then/-; of course not/-
for/- sure/real/fair_enough/certain
absolutely/definitely/certainly/totally/obviously/probably/possibly/precisely/understood/noted
got it/that/ya/you
gotcha/roger/bingo/bravo/kudos/congrats/congratulations/hooray/woohoo/yay/cheers
i see/know/understand/agree/guess/guess_so/think_so/hope_so/get_it/see_now/suppose/bet/knew_it
i will take that/it
i do not know/care/mind/understand/get_it/think_so/believe_it/like_it/like_you/believe_you
bet/phew/oof/ugh/til/typo/jeez/geez/blimey/crikey/gosh/kidding/ready/bloody_hell/fab/brill/sure_thing
idk/idc/meh/whatever/eh/lol/rofl/haha/hehe/hmm/mm/huh/oh/ah/aha/ooh/aw/wow/whoa/omg/wtf/yikes/ouch
oh/my/good god/gosh/goodness/my/my_god/my_gosh/lord/grief/wow/man/boy/dear/well/no
no way/worries/problem/problems/prob/need/idea/clue/comment/matter/biggie/doubt/kidding
not really/now/yet/sure/at_all/today/interested/quite/bad; never mind/mind_then
forget it/that/about_it; do not worry/mind/bother about_it/-
sounds/looks/seems/feels/all/it_is/that_is good/great/fine/fair/right/ok/nice/cool/perfect
makes/make/that_makes/it_makes/that_made sense now/-; fair point/enough/play
good to know/hear
that/this/it is/was good/nice/great/interesting/sad to know/hear
my bad/mistake/apologies/pleasure/fault
sorry about_that/for_that/my_bad/mate/-; apologies/oops/whoops/oopsie
excuse/pardon me/-
you are welcome/funny/weird/wrong/right/kidding/joking/lying/kidding_me/joking_me/not_wrong
are you kidding/joking/kidding_me/joking_me
really/seriously/honestly/literally now/-; is that so/right/true
oh/ok/no really/yeah/yes/no/sure
wait/hold one/a/on/- sec/second/minute/moment/min/-; wait what
say what
one/a/give_me_a/gimme_a/just_a sec/second/minute/moment/min
let me think/see/check about_it/about_that/-; test/testing 1 to 3
test/tests/testing/ping/pong/check one/two/one_two/123/-
what a shame/pity/story/relief/mess/day/joke/surprise/time/legend
too bad/funny/good/much; such a/- shame/pity/mess
bad/poor/silly/stupid/clever/good/great/nice/smart bot/boy/girl/robot/thing/guy/guys
damn/dang/shit/crap/fuck/heck/hell it/yeah/yes/no/that/-; holy cow/moly/crap/shit/smokes/god
shut up; same to/- you/here/-; the same/best/worst; cool beans/story/bro; sounds like fun/a_plan
oh/ah/well i see/ok/right/yes/no/yeah/well; as expected/i_thought/usual
in that case
that is what i thought/wanted/needed/meant; exactly what i wanted/needed
you do not say/know
"""

FILLER = """
that/this/it/which/they/you is/are/was/were/sounds/looks/seems/did/have_been
very/really/pretty/quite/super/damn/too/totally/absolutely/kinda/kind_of/sort_of/still
a/an/such_a/a_bit/a_little/not/the
please/so/well/um/uh/er/erm/man/bro/bruh/dude/buddy/pal/mate/friend/sir/madam/everyone/guys/folks
all/team/bot/chatbot/robot/assistant/footnote/dear/boss/chief/just/actually/honestly/tbh/anyway
my/- dear/friend/guy/man/love/buddy; to you/everyone/all/all_of_you
for now/today/me; i guess/think/mean/suppose
then/again/today/sis/girl/fam/homie/kind_sir/little_bot/mister/hun/hon/babe/xx/xoxo/fwiw
"""
