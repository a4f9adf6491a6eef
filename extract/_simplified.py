"""Characters that rules read as others, place by place: traditional as simplified Chinese, letters without accents."""

from __future__ import annotations

_TRADITIONAL = (
    "級無發組對劑總緩間個隨訪達療應評價視經與為從後時還沒見現顯細濃進復難腫惡獲產導異體積減輕縮數據點樣實驗觀結論標準"
    "範圍區週歲歷報單雙臨試類於關係紅貧損傷綜徵證釋統質熱噁嘔瀉壓輸靜脈嚴漿營養負擔轉換監測檢診斷終線兒齡廣連續東壞濾"
    "過聯並併閾誘維適當選擇擴純陽陰變遷參預隊劃將約僅優長餘內兩憑樹備註衛創願術風險項務帶來嗎頸頭腦腸腎臟膽臺灣醫學協"
    "會號頁該說這開機構設計畫動員際認確殘穩處護藥幹們國門團較癥狀況膚傳遠則幾條讓給運電題魚齊屬層島師幣徑恆態慮憂戰戶"
    "揀搖擊攝敗敵晉暫曆極槍樂樞橋檔權歐歸殺毀氣決溫滅滯滿漸潰潤潛澤濕濟瀰災煩燒爭狹獎獨瑩環甦疊癒瘧癱盡盤眾矽碼礎礙禮"
    "種稱窩競筆節築簡簽籃籌糧紀紙絕絲網緊編緣緻縣績織繼纖罷羅習聖聲職聽肅脫膠臉舉舊艦艱藝蘇虧蟲蠟補裝裡製複規親覺覽觸"
    "訂訊討訓託記許訴話詳誤課調談請識譜讀豐貝財貢貨責貴費資賦購贏趨跡踐蹤車軌軟軸載輔輪輯農遞遲遺邊郵鈣鉀鈉銷鋒錄錯鍵"
    "鎖鏈閉陣陳陸隱雖雜離霧靈頂順頑領頻額顏顧飛館駐驚髮鬆黃齒億償儲冊凍別劇勝勞勢卻厭問啟喪圖場塊墊壯壽夠奪奮婦媽寧審"
    "寫寬專尋吶"
)
_SIMPLIFIED = (
    "级无发组对剂总缓间个随访达疗应评价视经与为从后时还没见现显细浓进复难肿恶获产导异体积减轻缩数据点样实验观结论标准"
    "范围区周岁历报单双临试类于关系红贫损伤综征证释统质热恶呕泻压输静脉严浆营养负担转换监测检诊断终线儿龄广连续东坏滤"
    "过联并并阈诱维适当选择扩纯阳阴变迁参预队划将约仅优长余内两凭树备注卫创愿术风险项务带来吗颈头脑肠肾脏胆台湾医学协"
    "会号页该说这开机构设计画动员际认确残稳处护药干们国门团较症状况肤传远则几条让给运电题鱼齐属层岛师币径恒态虑忧战户"
    "拣摇击摄败敌晋暂历极枪乐枢桥档权欧归杀毁气决温灭滞满渐溃润潜泽湿济弥灾烦烧争狭奖独莹环苏叠愈疟瘫尽盘众硅码础碍礼"
    "种称窝竞笔节筑简签篮筹粮纪纸绝丝网紧编缘致县绩织继纤罢罗习圣声职听肃脱胶脸举旧舰艰艺苏亏虫蜡补装里制复规亲觉览触"
    "订讯讨训托记许诉话详误课调谈请识谱读丰贝财贡货责贵费资赋购赢趋迹践踪车轨软轴载辅轮辑农递迟遗边邮钙钾钠销锋录错键"
    "锁链闭阵陈陆隐虽杂离雾灵顶顺顽领频额颜顾飞馆驻惊发松黄齿亿偿储册冻别剧胜劳势却厌问启丧图场块垫壮寿够夺奋妇妈宁审"
    "写宽专寻呐"
)
_WITH = "àáâäåçèéêëìíîïñòóôöùúûüÀÁÂÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÖÙÚÛÜ"
_WITHOUT = "aaaaaceeeeiiiinoooouuuuAAAAACEEEEIIIINOOOOUUUU"
ACCENTED = frozenset(_WITH)
_PLAIN_HAN = str.maketrans(_TRADITIONAL + _WITH, _SIMPLIFIED + _WITHOUT)  # one character for one, so that places stay


def simplified(text: str) -> str:
    """Traditional characters that the rules meet as simplified ones, letters without accents, place by place.

    >>> simplified("總緩解率，3級以上"), simplified("BTKi-naïve")
    ('总缓解率，3级以上', 'BTKi-naive')
    """
    return text.translate(_PLAIN_HAN)


def with_accents(words: str, printed: str) -> str:
    """Words with the accents of the letters that a text prints for them, where they are as many.

    >>> with_accents("BTKi-naive cohort", "BTKi–naïve cohort"), with_accents("a naive", "naïve")
    ('BTKi-naïve cohort', 'a naive')
    """
    if len(words) != len(printed):
        return words
    return "".join(b if b in ACCENTED else a for a, b in zip(words, printed, strict=True))
