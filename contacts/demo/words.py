"""Which words does a demo contact use: names, call reasons, remarks, conversations?

Who says them, when and how often is left to `traffic` and `talk`.
"""

GIVEN_NAMES = (
    "María José", "Zoë", "François", "Jürgen", "Siobhán", "Łukasz", "İbrahim", "Anaïs", "Søren", "Chloé", "Amara",
    "Daniel", "Priya", "Olivia", "Mateo", "Ingrid", "Tomás", "Grace", "Hugo", "Nadia", "Kwame", "Renée", "Björn",
    "Elena", "Thandiwe", "Noah", "Aoife", "Rafael", "Sophie", "Vikram",
)  # fmt: skip
FAMILY_NAMES = (
    "Fernández de la Cruz", "Håkansson", "Lefèvre", "Weiß", "O’Connor", "Wójcik", "Şahin", "Østergård", "Okonkwo",
    "Smith", "Raman", "Müller", "Gutiérrez", "D'Angelo", "Nguyễn", "Lindström", "Featherstone-Ng", "Kovács", "Čapek",
    "Johnson", "van der Meer", "Mensah", "Brontë", "Papadopoulos", "Alvarado", "Singh", "Brown", "García", "Ito", "Lee",
)  # fmt: skip
CJK_FAMILY_NAMES = (*"王李张刘陈杨黄赵周吴徐孙林郭何高罗郑", "欧阳", "司徒")
CJK_GIVEN_NAMES = (
    "晓岚", "子轩", "雨桐", "思远", "嘉怡", "美玲", "浩然", "静", "建国", "欣怡", "志强", "婉婷",
    "俊杰", "梓涵", "淑芬", "宇航", "佳琪", "伟", "若曦", "明哲", "诗雨", "家豪", "咏琳", "凯",
)  # fmt: skip
# Whole names whose script is rare here: kana, hangul, right to left.
RARE_NAMES = ("佐藤 さくら", "鈴木 健太", "김민준", "이서연", "محمد العلي", "נועה כהן", "Дмитрий Орлов", "สมชาย ใจดี")

HANDLE_WORDS = (
    "harbourfan", "xuan", "teahouse", "nightbus", "lilypad", "peakwalker", "jumbo", "tramline", "oolong", "kite",
    "starferry", "redlantern", "moonlit", "dimsum", "bluejay", "mapleleaf",
)  # fmt: skip

# What the customers of each skill queue mostly talk about; a queue that is not named here hears of everything.
TOPICS_OF_QUEUE = {
    "Billing HK 账单": ("billing", "billing", "refund"),
    "Technical support L2": ("technical",),
    "VIP Premium Care": ("delivery", "account", "billing", "shop"),
    "Returns & refunds": ("refund",),
    "Deliveries APAC": ("delivery",),
    "Card services – lost & stolen (24 h)": ("card",),
    "Online shop 网店": ("shop", "shop", "account"),
    "Orders": ("shop", "delivery"),
    "Field service": ("technical",),
    "Accounts receivable": ("billing",),
}

# Paths of one to three levels; the parents of a path are call reasons themselves.
CALL_REASONS = {
    "billing": (
        ("Invoice",), ("Invoice", "Duplicate charge"), ("Invoice", "Duplicate charge", "Refund agreed"),
        ("Invoice", "Duplicate charge", "Refund refused"), ("Invoice", "Payment method"), ("Invoice", "Paper invoice"),
    ),
    "delivery": (
        ("Delivery", "Late"), ("Delivery", "Late", "Rescheduled"), ("Delivery", "Late", "Voucher given"),
        ("Delivery", "Address change"), ("Delivery", "Damaged parcel"), ("配送", "延误"), ("配送", "改地址"),
    ),
    "refund": (
        ("Returns and refunds", "Refund status asked"), ("Returns and refunds", "Partial refund"),
        ("Returns and refunds", "Return label", "Sent again"), ("退款", "处理中"), ("退款", "已到账"),
    ),
    "account": (("Account", "Password reset"), ("Account", "Loyalty points"), ("Account", "会员等级"), ("Account",)),
    "card": (
        ("Card", "Lost or stolen", "Blocked"), ("Card", "Lost or stolen", "Reordered"), ("Card", "Limit"),
        ("Card", "Unknown payment", "Disputed"),
    ),
    "technical": (
        ("Product", "Setup", "Pairing"), ("Product", "Fault", "Exchange"), ("Product", "Fault", "Repair booked"),
        ("Product", "Setup"), ("产品", "保修"),
    ),
    "shop": (
        ("Order", "Change"), ("Order", "Cancel"), ("Order", "Stock asked"), ("商品咨询", "库存"), ("商品咨询", "尺码"),
        ("Complaint", "Staff"), ("Compliment",),
    ),
}  # fmt: skip

REMARKS = {
    "billing": (
        "Second charge will be returned to the original card within 3 working days.",
        "Wants a paper invoice from now on",
        "-20% voucher offered, accepted",
        "=> forwarded to the payments team, case 88213",
        "客户要求重新开具发票",
        "Paid {amount} by transfer, not booked yet",
    ),
    "delivery": (
        "Parcel left with neighbour",
        "+ and area code were missing on the label, corrected",
        "Reschedule to Friday 18-20",
        "Driver could not find the entrance.\nLobby B, ring the guard.",
        "客户要求周一上午回电",
        "包裹外箱破损，已拍照",
    ),
    "refund": (
        "Refund of {amount} approved",
        'Item was worn, refund refused; customer "not amused"',
        "退款已提交，预计三个工作日",
        "Return label sent again by e-mail",
    ),
    "account": (
        "Sent reset link, confirmed working",
        "Points of the last quarter added by hand",
        "会员等级已升为金卡",
        "Two accounts merged (old e-mail closed)",
    ),
    "card": (
        "New card ordered to the home address, 5 working days",
        "Police report promised for tomorrow",
        "卡片已冻结",
    ),
    "technical": (
        "Pairing works after firmware 2.4.1",
        "Exchange unit sent, old one to be picked up",
        "Needs a visit by a technician",
        "设备重启后恢复正常",
    ),
    "shop": (
        "Size exchanged, 40 instead of 39",
        "Order cancelled before packing",
        "客户咨询年货礼盒库存",
        "Was happy :-)",
    ),
}
LONG_REMARK = (
    "Third contact about the same order. On the first call the customer was told that the parcel had been handed to "
    "the courier, on the second that it was still in the warehouse, and now asks for one answer. Checked with the "
    "warehouse: the label was printed twice, the first parcel went to another address and is on its way back. "
    "Agreed: a new parcel goes out today by express, the delivery fee is returned, and the team leader calls on "
    "Friday to make sure that it arrived."
)

# Side, kind and text of one message.
Line = tuple[str, str, str]

# One conversation a block, one message a line: C customer, A agent, R robot, S system; [kind] when it is not text.
_ENGLISH = {
    "billing": """
C Hello, I was charged twice for order {order}. Can you check?
C[file] statement-november.pdf
A Thanks for the statement. I can see two captures of {amount}. One moment while I check with the payments team.
C Take your time.
A The second capture is confirmed as a duplicate. It goes back to the original card within 3 working days.
C Will I get a message when it is done?
A Yes, an e-mail from the payments team with a reference number.
C Perfect, thank you both.
---
C Where do I find the invoice for {order}? My company needs it.
A I am sending it to the address on your account now.
C Can the company name be on it?
A Of course. How should it read?
C Lindqvist & Daughters Ltd, Pier Road 4.
A Done. You should have it in a minute.
C Got it, thanks!
---
C My card was declined but the money is gone.
A I am sorry about that. It is only reserved: {amount} is released tonight if the order is not paid by then.
C So I can order again?
A Yes, the basket is still saved. Would you like to pay another way?
C I will try the bank transfer.
""",
    "delivery": """
C Hi, order {order} should have been here yesterday.
A Good morning, let me look at the tracking.
A It left the depot at 07:40 and is on van 12. The driver has eleven stops before yours.
C I have to leave at four.
A Then I ask the driver to leave it with the concierge. Is that all right?
C Yes please. Lobby B.
C[location] Lobby B, 18 Harbour Road
A Thank you, the driver has it. You get a message when it is delivered.
---
C The parcel arrived open.
C[image] IMG_2041.jpg
C[image] IMG_2042.jpg
A That should not have happened. Is everything inside?
C One of the two cups is broken.
A I send a new one today; please keep the broken one until Friday, the courier may ask for it.
C OK thanks
---
C Can I still change the address for {order}?
A Yes, it has not been packed. What is the new address?
C Flat 7C, 220 Queen's Road
A Changed. The date stays the same.
C Great.
""",
    "refund": """
C I sent the shoes back ten days ago and nothing happened.
A Let me check. The parcel reached our warehouse last week, the refund of {amount} was approved this morning.
C When is it on my account?
A Within three working days, depending on your bank.
C[image] receipt.png
C Is this the right reference?
A Yes, that is the one.
C Thanks for the quick help
---
C I can't print the return label
A I send it again as a PDF. Which e-mail address should I use?
C The one I wrote from.
A[file] return-label-{order}.pdf
C That works. Thank you!
""",
    "account": """
C I can't sign in any more. It says my account is locked.
A That happens after five wrong passwords. I have unlocked it and sent you a link.
C The link says expired.
A Here is a new one, it is good for thirty minutes.
C Works now. Thanks.
---
C My points from last month are missing
A I can see the purchase of {amount}, but it was made without your card number.
C[image] receipt-{order}.jpg
A Thank you, that is enough. 412 points are added.
C Nice :)
""",
    "card": """
C Hi, my store card was in my wallet and the wallet is gone since this morning.
A I am sorry to hear that. I will block the card first, then we look at recent purchases.
C Yes please. 另外我想换一张新卡。
A The card is blocked. A new card arrives in five working days.
C Was anything bought with it?
A The last purchase is from Saturday, {amount}.
C That was me.
A Then nothing was misused. Please keep the reference {order}.
C Thank you, that was fast.
---
C There is a payment of {amount} I don't know.
A Let me see. It was made online yesterday evening. Do you recognise the shop?
C No, never heard of it.
A I block the card and open a dispute. You get the form by e-mail.
C How long does it take?
A Usually ten days, and you do not have to pay meanwhile.
""",
    "technical": """
C The speaker does not pair with my phone.
A Does the light blink blue or white?
C White.
A Please hold the power button for ten seconds until it blinks blue.
C[video] blinking.mp4
C Now it does!
A Then it shows up in the list of your phone as SP-2.
C It plays. You are a star.
A My pleasure. Is there anything else?
C No, that's it.
---
C Screen has a green line since yesterday
C[image] screen.jpg
A That is a fault of the panel. It is under warranty.
C Do I have to bring it in?
A No, we send an exchange unit and pick up the old one.
C Perfect.
""",
    "shop": """
C Is the rain jacket available in size M?
A Two left in the store by the harbour, and online from Monday.
C Can you hold one?
A Yes, until tomorrow evening under {order}.
C[audio] voice-message.ogg
A Understood, the dark blue one.
---
C Please cancel {order}, I ordered the wrong colour
A Cancelled. It was not packed yet, so nothing was charged.
C Thanks!
---
C I just want to say that the lady at your counter was very kind.
A That is lovely to hear. I pass it on to the store.
C Please do.
""",
    "robot": """
R Hello, this is the automatic assistant. Your parcel {order} arrives tomorrow between 9 and 12. Is that convenient?
C Yes.
R Thank you. You will get a message when the driver is near. Goodbye.
---
R Hello, this is the automatic assistant with a short question about your last visit. Do you have a minute?
C Who is this?
R The automatic assistant of the store. May I ask how satisfied you were, from one to five?
C Four.
R Thank you very much. Goodbye.
""",
}

_CHINESE = {
    "billing": """
C 你好，订单 {order} 被扣了两次款，麻烦查一下。
A 您好，我看到两笔 {amount}，请稍等，我和支付组确认。
C 好的，谢谢。请问退款大概需要几天？
A 重复扣款已确认，退款将在 3 个工作日内退回原卡。
C[image] 账单截图.png
A 收到，就是这一笔。
C 谢谢你们！
---
C 可以开公司抬头的发票吗？
A 可以的，请把抬头和税号发给我。
C[file] 开票资料.docx
A 发票已发送到您的邮箱，请查收。
C 收到了
""",
    "delivery": """
C 我的快递怎么还没到？
A 您好，订单 {order} 今天早上已经派送，预计下午三点前送达。
C 我下午不在家
A 可以放在大堂管理处吗？
C 可以，谢谢
C[location] 海港道18号B座大堂
A 已通知司机。
---
C 收到的箱子破了
C[image] IMG_0388.jpg
A 非常抱歉，里面的商品有损坏吗？
C 一个杯子碎了
A 今天为您补发，破损的请保留到周五。
C 好
""",
    "refund": """
C 退货十天了，退款还没收到
A 您好，仓库上周已收到退货，{amount} 今天已批准。
C 什么时候到账？
A 三个工作日内，以银行为准。
C 好的，谢谢
---
C 退货标签打印不出来
A 我重新发一份 PDF 给您。
A[file] 退货标签-{order}.pdf
C 可以了 👍
""",
    "account": """
C 我登录不了，说账号被锁了
A 输错五次密码会自动锁定，现在已经解锁，并发了重置链接。
C 成功了，谢谢！
""",
    "card": """
C 会员卡不见了，请帮我冻结
A 已经冻结。需要补办新卡吗？
C 需要，寄到家里
A 五个工作日内寄达，参考号 {order}。
C 麻烦你了
""",
    "technical": """
C 音箱连不上手机
A 请问指示灯是蓝色还是白色？
C 白色
A 请长按电源键十秒，直到变成蓝色闪烁。
C[video] 指示灯.mp4
C 可以了！
A 很高兴帮到您，还有其他问题吗？
C 没有了，谢谢
""",
    "shop": """
C 请问这件外套还有 M 码吗？
A 铜锣湾店还有两件，网店下周一到货。
C 可以帮我留一件吗？
A 可以，为您保留到明晚，预留号 {order}。
C[audio] 语音消息.amr
A 明白，深蓝色。
---
C 下错单了，请取消 {order}
A 已取消，尚未发货，不会扣款。
C 谢谢
""",
    "robot": """
R 您好，这里是智能助手。您的包裹 {order} 明天上午九点到十二点送达，方便收货吗？
C 方便。
R 好的，送达前会再通知您，再见。
""",
}


def _parsed(blocks: str) -> tuple[tuple[Line, ...], ...]:
    sides = {"C": "customer", "A": "agent", "R": "robot", "S": "system"}
    conversations = []
    for block in blocks.split("---"):
        lines = []
        for line in block.strip().splitlines():
            who, text = line.split(" ", 1)
            lines.append((sides[who[0]], who[2:-1] or "text", text.strip()))
        conversations.append(tuple(lines))
    return tuple(conversations)


CONVERSATIONS = {
    "en": {topic: _parsed(blocks) for topic, blocks in _ENGLISH.items()},
    "zh": {topic: _parsed(blocks) for topic, blocks in _CHINESE.items()},
}
GREETINGS = {
    "en": "Hello, I am the automatic assistant. Please tell me in a few words what it is about.",
    "zh": "您好，我是智能助手，请简单描述您的问题。",
}
WAITING = {"en": "All colleagues are busy, the waiting time is about two minutes.", "zh": "座席繁忙，预计等待两分钟。"}
FOLLOW_UPS: dict[str, Line] = {
    "en": ("customer", "text", "And something else, while I have you:"),
    "zh": ("customer", "text", "对了，还有一件事："),
}
MAIL = {"en": "Hello,\n\n{text}\n\nBest regards\n{sender}", "zh": "您好：\n\n{text}\n\n此致\n{sender}"}
