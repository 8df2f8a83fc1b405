//! Names of people.

/// Given names of women and girls.
pub(crate) const GIVEN_FEMALE: &[&str] = &[
    "Amelia", "Anne-Marie", "Aoife", "Beatrice", "Brenda", "Caitlín", "Carol", "Chloé", "Daisy",
    "Doreen", "Edith", "Eleanor", "Elżbieta", "Fatima", "Freya", "Gillian", "Gráinne", "Hannah",
    "Heather", "Ifeoma", "Irene", "Isla", "Jacqueline", "Jean", "Joan", "Joyce", "Karen", "Lakshmi",
    "Lily", "Linda", "Maisie", "Margaret", "Maureen", "Mei Ling", "Nadia", "Niamh", "Olive",
    "Patricia", "Pauline", "Poppy", "Priya", "Renée", "Rosemary", "Ruth", "Sandra", "Shanice",
    "Siân", "Sylvia", "Tracey", "Valerie", "Wendy", "Winifred", "Yasmin", "Zoë",
];

/// Given names of men and boys.
pub(crate) const GIVEN_MALE: &[&str] = &[
    "Alan", "Albert", "Arjun", "Barry", "Brian", "Callum", "Cecil", "Connor", "Cyril", "Darren",
    "Dylan", "Edward", "Emeka", "Ernest", "François", "Frank", "Gareth", "Geoffrey", "Gordon",
    "Hamza", "Harold", "Harry", "Ian", "Imran", "Ivor", "Jürgen", "Keith", "Kenneth", "Kwame",
    "Leonard", "Leslie", "Łukasz", "Malcolm", "Maurice", "Mohammed", "Nigel", "Norman", "Oscar",
    "Owain", "Patrick", "Percy", "Rafael", "Rajesh", "Reginald", "Roy", "Rupert", "Seán", "Stanley",
    "Terence", "Trevor", "Vernon", "Victor", "Wayne", "Wei",
];

/// Family names.
pub(crate) const FAMILY: &[&str] = &[
    "Abbott", "Adeyemi", "Ahmed", "Ainsworth", "Akhtar", "Appleyard", "Ashworth", "Banerjee",
    "Barraclough", "Begum", "Bennett", "Birtwistle", "Blackwood", "Bradshaw", "Broadbent",
    "Butterworth", "Cartwright", "Chaudhry", "Clegg", "Cooper-Hall", "Crabtree", "D'Arcy",
    "D'Souza", "Davies", "de la Haye", "Entwistle", "Fairweather", "Fitzgerald", "Fletcher",
    "Gaskell", "Goldstein", "Greenhalgh", "Grzegorczyk", "Haddock", "Hargreaves", "Hepworth",
    "Holroyd", "Hussain", "Iqbal", "Kaur", "Kershaw", "Kowalczyk", "Lockwood", "MacDonald",
    "McAllister", "Mendonça", "Müller", "Muñoz", "Nwosu", "O'Brien", "O'Connell", "Ó Súilleabháin",
    "Okafor", "Openshaw", "Ormerod", "Patel", "Pickles", "Postlethwaite", "Ramsbottom", "Rees",
    "Rowntree", "Schofield", "Shuttleworth", "Singh", "St John", "Sutcliffe", "Thistlethwaite",
    "Tŷ Mawr", "Ullah", "Venkatesan", "Wadsworth", "Weiß", "Whittaker", "Winterbottom", "Wong",
    "Yardley", "Zając",
];
