-- In one statement, so that the rows are written anew once.
ALTER TABLE "event_counts"
	ADD COLUMN "n0" bigint GENERATED ALWAYS AS (counts[1] + counts[2] + counts[3] + counts[4] + counts[5]) STORED NOT NULL,
	ADD COLUMN "n1" bigint GENERATED ALWAYS AS (counts[6] + counts[7] + counts[8] + counts[9] + counts[10]) STORED NOT NULL,
	ADD COLUMN "n2" bigint GENERATED ALWAYS AS (counts[11] + counts[12] + counts[13] + counts[14] + counts[15]) STORED NOT NULL,
	ADD COLUMN "n3" bigint GENERATED ALWAYS AS (counts[16] + counts[17] + counts[18] + counts[19] + counts[20]) STORED NOT NULL;
