//! Where people live and practices are. Streets, surgeries and postcodes are invented; the
//! postcode area ZZ is not in use.

/// Streets.
pub(crate) const STREETS: &[&str] = &[
    "Alder Grove", "Back o' th' Bank", "Bluebell Lane", "Bobbin Mill Street", "Canal Walk",
    "Chapel Fold", "Cinder Hill", "Cobbler's Yard", "Dyehouse Lane", "Engine Brow",
    "Fallow Close", "Garth Road", "Half Moon Street", "Hawthorn Rise", "Inkerman Terrace",
    "Jubilee Avenue", "Kiln Croft", "Larkspur Drive", "Lower Wharf", "Mafeking Road",
    "Market Steps", "Nether Field", "Old Toll Road", "Paddock View", "Quarry Bank",
    "Ropewalk", "Saint Bride's Way", "Tenter Ground", "Upper Mead", "Weavers' Row",
];

/// Towns.
pub(crate) const TOWNS: &[&str] = &[
    "Ambleford", "Barrowdene", "Cawthorpe-on-Wold", "Drakesmere", "Eastholme", "Fenny Marsham",
    "Great Oulton", "Hartsbridge", "Kingsworthy", "Little Snoring Magna", "Marlow St Giles",
    "Netherclough", "Otterbourne Quay", "Pendlewick", "Ravensby", "Saltmarshe", "Thornaby Cross",
    "Upper Wensley", "Wraxholme", "Yarnbury",
];

/// Surgeries.
pub(crate) const SURGERIES: &[&str] = &[
    "The Beeches Surgery", "Bridge & Wharf Street Practice", "Clocktower Health Centre",
    "Dr Haddock & Partners", "Elm Tree Medical Practice", "Fountains Medical Centre",
    "The Group Practice at St Giles'", "Harbourside Surgery", "Ironworks Family Practice",
    "Kestrel House Surgery", "Lime Kiln Medical Centre", "Moorside Primary Care Centre",
    "The Old Dispensary", "Priory Lane Practice", "Riverbank Surgery",
    "Saint Bride's Health Centre", "The Tannery Surgery", "Viaduct Medical Group",
    "Weavers' Row Surgery", "Wold View Practice",
];
