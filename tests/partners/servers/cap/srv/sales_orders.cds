// Sales Order (A2X), API_SALES_ORDER_SRV (api.sap.com): the properties that the connector reads and writes.
@path: 'API_SALES_ORDER_SRV'
@requires: 'authenticated-user'
service SalesOrders {
  entity A_SalesOrder {
    key SalesOrder               : String(10);
        SalesOrderType           : String(4);
        SalesOrganization        : String(4);
        DistributionChannel      : String(2);
        OrganizationDivision     : String(2);
        SoldToParty              : String(10);
        PurchaseOrderByCustomer  : String(35);
        TransactionCurrency      : String(5);
        HeaderBillingBlockReason : String(2);
        AssignmentReference      : String(18);
        RequestedDeliveryDate    : Date;
        CreationDate             : Date;
        TotalNetAmount           : Decimal(16, 3);
        LastChangeDateTime       : Timestamp @odata.etag  @cds.on.insert: $now  @cds.on.update: $now;
        to_Item                  : Composition of many A_SalesOrderItem
                                     on to_Item.to_SalesOrder = $self;
  }

  entity A_SalesOrderItem {
    key to_SalesOrder                : Association to A_SalesOrder;
    key SalesOrderItem               : String(6);
        Material                     : String(40);
        SalesOrderItemText           : String(40);
        RequestedQuantity            : Decimal(15, 3);
        RequestedQuantityUnit        : String(3);
        UnderlyingPurchaseOrderItem  : String(10);
        ServicesRenderedDate         : Date;
        to_PricingElement            : Composition of many A_SalesOrderItemPrElement
                                         on to_PricingElement.to_SalesOrderItem = $self;
  }

  entity A_SalesOrderItemPrElement {
    key to_SalesOrderItem     : Association to A_SalesOrderItem;
    key ConditionType         : String(4);
        ConditionRateValue    : Decimal(24, 9);
        ConditionCurrency     : String(5);
        ConditionQuantity     : Decimal(5, 0);
        ConditionQuantityUnit : String(3);
  }
}
