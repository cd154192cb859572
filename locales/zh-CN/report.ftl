results-sheet = 成绩排名
results-name = 姓名
results-resident-id = 公民身份号码
